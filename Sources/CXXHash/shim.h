// The whole of what BlueAtlas sees of the C library xxHash (Debian package libxxhash-dev).
#include <xxhash.h>
