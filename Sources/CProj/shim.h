// The whole of what BlueAtlas sees of the C library proj (Debian package libproj-dev).
#include <proj.h>
#include <geodesic.h>
