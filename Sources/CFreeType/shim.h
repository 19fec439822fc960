// The whole of what BlueAtlas sees of the C library FreeType (Debian package libfreetype-dev).
#include <ft2build.h>
#include FT_FREETYPE_H
#include FT_OUTLINE_H
