// The whole of what BlueAtlas sees of the C library zlib (Debian package zlib1g-dev).
#include <zlib.h>
