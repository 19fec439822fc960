// The whole of what BlueAtlas sees of the C library geos (Debian package libgeos-dev).
#include <geos_c.h>
