// The whole of what BlueAtlas sees of the C library OpenSSL (Debian package libssl-dev).
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
