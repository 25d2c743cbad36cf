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

/* RFC 6979 appendix A.2.2, the public half: 2048/256 */
static const char rfc6979_public_pem[] =
	"-----BEGIN PUBLIC KEY-----\n"
	"MIIDRjCCAjkGByqGSM44BAEwggIsAoIBAQCdtvtZUbZrtv4eFA8dLOVQI3QWH9ZT\n"
	"jfFkghhkLwtcSMj3pBqt+hhzJLh2dPoYIrAPHs+BNpQ9fFV1cmTloaRP/gEumTbg\n"
	"DB0+kxCwHH0XmAXTBYsqn0u2+XFr/mEXxrWzzE2b40EQStSoCtbJTgBfS5k+FPCR\n"
	"61F0O/MwUMON4jVWfhs0w9alwM6qGg82ghPD0ZhD0LSwncufxy05yN5B8b8U1LtF\n"
	"Y8ooNxYhytMyS2otOSFFvr+sdIgFI29cov6SuHHNj5w20ykrVQnKjKp3oq38e/13\n"
	"3ab3ESWnRW/qFT5DMlaiJhxqBu02k3l+eZX61aq7z74+2idB43VASuJbAiEA8sMR\n"
	"k3TOdsk1aZC0ZTdKF/I/ntNQib2Wn2HG3emZjB8CggEAXH/2sG+PFD/oKIQzST5H\n"
	"acTZiKzlviWg4kgJZwcWxhPXsM7mky+PqnxE0sskUj2lP75PbsNZWJLRqljEMooG\n"
	"xGoVZi5+qnA6Hez4u7LQXb4uuVbBQqM4Zh0QRhwNE1RyCFBX80lDCf+nPGEfeLMq\n"
	"27V0DDYcnzW+kJl9sgFOLvWqYXgvUqvri9ZDLE3Ql7xUI7KF2vtg3DZOgWH0oqNa\n"
	"yjoQscTSA8x2pHCjOv3L3ZKVmFmr2LVuFyUlLXjqxm5xuprj8d0khxmYdDk81Ngy\n"
	"GGgAZUdg4eNMCeTRVRefnsDcRHP5lr3Obu0cq+2LbxFvetnPUF3w+ZjjSrJ1FLD/\n"
	"5wOCAQUAAoIBAGZwmMZUQmx41/ggHqxsID7wMNQ2BQMsLx+pN+Ujfb2UnzSgolZP\n"
	"4Sbci3FcUUGALOCXnIJGRjxA5ra9qiUT+mEXKHFsLk/VO8lbieaZSdllEuhzucj4\n"
	"39SZzDEoglYa3ssx9ljpNMDBl/LE2WsFy61nOB57doiR5No4Q9JNlM37USbpuL8h\n"
	"6DWO4OCjDvE/1qZkwNzjcx9/tJpIRaT9glRoeXKi04JZnJusTg7XmYGTB4kTAyVY\n"
	"E0l2QQuJ0sFx0SOsNf2XchlZeqfRXBqaQo5ZGU91xyHry8+uRGlqSZr6dOBCmfEy\n"
	"AmYBY4y4ereRkNSgmGMV2o7sZWHJOJlr6t8=\n"
	"-----END PUBLIC KEY-----\n";

#endif
