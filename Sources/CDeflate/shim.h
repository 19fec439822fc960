// The whole of what BlueAtlas sees of the C library libdeflate (Debian package libdeflate-dev).
#include <libdeflate.h>
