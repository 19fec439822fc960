// The whole of what BlueAtlas sees of the C libraries Cairo and librsvg, which draws SVG on it (Debian package librsvg2-dev brings both).
#include <cairo.h>
#include <librsvg/rsvg.h>
