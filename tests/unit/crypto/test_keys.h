/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Keys made with the openssl command line, for tests alone. */
#ifndef TESTS_CRYPTO_TEST_KEYS_H
#define TESTS_CRYPTO_TEST_KEYS_H

/* genpkey with pbits:2048 qbits:256 */
static const char dsa_private_pem[] =
	"-----BEGIN PRIVATE KEY-----\n"
	"MIICZAIBADCCAjkGByqGSM44BAEwggIsAoIBAQCKNTMSxCeoU9F12aRsTNGk3L4m\n"
	"Hz+qPMyOgsF369MX7b5xDvVo0EXXbxhl1iPkqs3z2Dfr+YbgHrlYn6GfyJU8Ft6p\n"
	"ZVyZdji1Zf2iPDiINP5xBVKodz2vasiI1aECfmQDqjtqz0+/65BbSkRacR1KDWkS\n"
	"6UJzKyIhtqJc+xrBWBd/vgTt+Vn1kx8/HDZVPtrPt8kPQrDP23tuY2WUXEpMMraP\n"
	"569f691Y8nuKLyFDeLiMadze3ga94DJhYMEPtu46XwEA+GFFOm+xS64EojJVtlKy\n"
	"V3JYw3qRIqTXypINrBQ0FdIVf9UKQv9eZEVoa8xBukXV+G4NSMyFybPGPq0fAiEA\n"
	"/xNrV+154z/yfjO2LWuxhNNWTvJhGG+KPabsOqaq/6sCggEAH0ZBI2DgRo80WjRZ\n"
	"MBFLwooMlJ/XZywtI+kEKts4ac9PQtxx0Uy70Z0A9uiOaFvrFHufBTNL3vnnAMxy\n"
	"nk7FyU3TklaaRMEIgwxFZuIZ6A7a6edVn9IreyA37qm6IveZyiC0s1+DgcLDJSvV\n"
	"7TBVVjsE31Pf3lfNFyJsfD0REJt5Kv8ZD6Wqa922RgqxQp33G6i7iG4VJN93W3Zz\n"
	"Ki/8MC0x/Y+y6MDTm9Y0Uq5/YztwwgNtzj82p0hn5BksiZcJTo6Zh3sUaig8GBVc\n"
	"HtAt3mJ0j6xF/K2PciftM6BHfeHXmWeIecgbgXs7jPbhpPc9rcS6X5upjOs5F5J2\n"
	"jl2VdgQiAiAqNBLnfyd+Z9l/I6HjcRnJpZLHAMeI7ajSHRbiy4wHiw==\n"
	"-----END PRIVATE KEY-----\n";

/* pkey -pubout of it */
static const char dsa_public_pem[] =
	"-----BEGIN PUBLIC KEY-----\n"
	"MIIDRjCCAjkGByqGSM44BAEwggIsAoIBAQCKNTMSxCeoU9F12aRsTNGk3L4mHz+q\n"
	"PMyOgsF369MX7b5xDvVo0EXXbxhl1iPkqs3z2Dfr+YbgHrlYn6GfyJU8Ft6pZVyZ\n"
	"dji1Zf2iPDiINP5xBVKodz2vasiI1aECfmQDqjtqz0+/65BbSkRacR1KDWkS6UJz\n"
	"KyIhtqJc+xrBWBd/vgTt+Vn1kx8/HDZVPtrPt8kPQrDP23tuY2WUXEpMMraP569f\n"
	"691Y8nuKLyFDeLiMadze3ga94DJhYMEPtu46XwEA+GFFOm+xS64EojJVtlKyV3JY\n"
	"w3qRIqTXypINrBQ0FdIVf9UKQv9eZEVoa8xBukXV+G4NSMyFybPGPq0fAiEA/xNr\n"
	"V+154z/yfjO2LWuxhNNWTvJhGG+KPabsOqaq/6sCggEAH0ZBI2DgRo80WjRZMBFL\n"
	"wooMlJ/XZywtI+kEKts4ac9PQtxx0Uy70Z0A9uiOaFvrFHufBTNL3vnnAMxynk7F\n"
	"yU3TklaaRMEIgwxFZuIZ6A7a6edVn9IreyA37qm6IveZyiC0s1+DgcLDJSvV7TBV\n"
	"VjsE31Pf3lfNFyJsfD0REJt5Kv8ZD6Wqa922RgqxQp33G6i7iG4VJN93W3ZzKi/8\n"
	"MC0x/Y+y6MDTm9Y0Uq5/YztwwgNtzj82p0hn5BksiZcJTo6Zh3sUaig8GBVcHtAt\n"
	"3mJ0j6xF/K2PciftM6BHfeHXmWeIecgbgXs7jPbhpPc9rcS6X5upjOs5F5J2jl2V\n"
	"dgOCAQUAAoIBAB6Hcj5pNmxh/yBfZbwn0j3qQNBeVJ2vp81vDwfNwUP475elrYi1\n"
	"Lq5Hf8obaXiDBW8hPfSloWgRw/GWXGDJjc4OSw7Zq8yLLV2SAsIZ7Kxvch4EPOSp\n"
	"UEDmQo3FPsAS+VTIDALqPQKfgsfggO3nTaBjuUeMY1995TebAf+oi1sSK7UZNv29\n"
	"PboGsp08VsyVW0Mln+hBHFUJgaZMjrenEhFeJY+MQxpHWV2rtYUO0RfVslyCVFdx\n"
	"i/u9NhC1/m1BYtyT8L7R8RhyuX1jjYVZ6+74gPbRcRYUfNjo5wUeaw+NTnuQy+Dl\n"
	"bBKFMdk+U0t0ARb1W+Sw1vTTAdwRUmY8YzY=\n"
	"-----END PUBLIC KEY-----\n";

/* genpkey -algorithm ed25519 */
static const char ed25519_private_pem[] =
	"-----BEGIN PRIVATE KEY-----\n"
	"MC4CAQAwBQYDK2VwBCIEIP6bROdl5B/tkFHoNe1VHAZBKaxFeA9/EbmvrA35Fd0b\n"
	"-----END PRIVATE KEY-----\n";

/* pkey -pubout of it */
static const char ed25519_public_pem[] =
	"-----BEGIN PUBLIC KEY-----\n"
	"MCowBQYDK2VwAyEAK8DjtA3k9dwTKqdISG2SWLsfQfs0Byjnns5X0vTHHro=\n"
	"-----END PUBLIC KEY-----\n";

/* genpkey -algorithm EC, P-256 */
static const char ec_private_pem[] =
	"-----BEGIN PRIVATE KEY-----\n"
	"MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgWom3tcXVBCmdgFyF\n"
	"o3ONBXHDAldGbhO9n21sIVNtt1OhRANCAASpDUYolNzwokFevz+OjrOTLu36H4X2\n"
	"Z5J/8bd82J9N2IYlaHtr4i4+84sVP7BUp3DHoP1mxwIn9TJzI0RIjShJ\n"
	"-----END PRIVATE KEY-----\n";

#endif
