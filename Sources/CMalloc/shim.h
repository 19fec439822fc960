// What BlueAtlas sees of glibc's allocator: its tuning. The Swift overlay of glibc leaves it out.
#include <malloc.h>
