/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Signing keys for tests; published here, so worthless anywhere else. */
#ifndef TESTS_BNL_KEYS_H
#define TESTS_BNL_KEYS_H

#define PEM_DSA_1                                                            \
	"-----BEGIN PRIVATE KEY-----\n"                                      \
	"MIICZQIBADCCAjoGByqGSM44BAEwggItAoIBAQCGHDqar8kH5IW76p/hlQ+KFxIW\n" \
	"uOKFlrMZKgCaLugxQBcjgas7yOYf0KZPxo/YgiC0fx7408yNOnK6Z7mhtEnqvHRp\n" \
	"fIVc44oJdPpUv+Zjrr6+p/5UF7Q6pw7nKxEauvfeEy+j1+w6Ljb2AXSTVWJYd15I\n" \
	"ctMBZtaSCaycoAma48erBdso84IOUSoHreZ0IC0Ct2UrWnSNLj6gfsA1mNb8OJ67\n" \
	"XxZAyLmoXaghOJVpfMfN8Ym3okPmM6hOCbJd9vn4mC85X/q/RrSbcha98Xrhwc6g\n" \
	"2fhfmNwTPzKext1LodlcLysvoh7MttlcJpNtdbM2J23k8FNpT2JNIPnst6D/AiEA\n" \
	"w+1mQhIGtwc7qK6z75LkhHtnS3ZJtPcg9+xVHUs1M28CggEBAICqzunpBeGNDtQi\n" \
	"IYJsyfzlRyK6nHdMwkNtciVs0/BB3dG7WKH3rOmK1wXhHSEx1lcmP12dQ7SeLmyy\n" \
	"SEYlw57X5M3XnH2RwzraBMg9INwhOZm3Ftxxt1LWZczcnlizFW4a7CZ/yzQMqi/y\n" \
	"Af9fSsBs4rbjlbw8OcM3rHAzTjT2VNmGyamf4o1vW2hlCeIPmbo9PjQK3Al9hPod\n" \
	"VtRcQEDgM2Ocgj/fnM7yRFouB67k9jY5+DjUxf0bKveMh5hMccAtIKhL7JK+oHiT\n" \
	"DblLZiPZKkgF3fV5+mFRpHMCCD6bldGaoW1ES8YTbYaPnlIfduMo938j26oTkdA7\n" \
	"bT6shbsEIgIgMYKem3FCvJHJCRyZi+Ac4E7L2rpUKt+UisPI3bVnzUk=\n"         \
	"-----END PRIVATE KEY-----\n"

#define PEM_DSA_2                                                            \
	"-----BEGIN PRIVATE KEY-----\n"                                      \
	"MIICZQIBADCCAjoGByqGSM44BAEwggItAoIBAQCGHDqar8kH5IW76p/hlQ+KFxIW\n" \
	"uOKFlrMZKgCaLugxQBcjgas7yOYf0KZPxo/YgiC0fx7408yNOnK6Z7mhtEnqvHRp\n" \
	"fIVc44oJdPpUv+Zjrr6+p/5UF7Q6pw7nKxEauvfeEy+j1+w6Ljb2AXSTVWJYd15I\n" \
	"ctMBZtaSCaycoAma48erBdso84IOUSoHreZ0IC0Ct2UrWnSNLj6gfsA1mNb8OJ67\n" \
	"XxZAyLmoXaghOJVpfMfN8Ym3okPmM6hOCbJd9vn4mC85X/q/RrSbcha98Xrhwc6g\n" \
	"2fhfmNwTPzKext1LodlcLysvoh7MttlcJpNtdbM2J23k8FNpT2JNIPnst6D/AiEA\n" \
	"w+1mQhIGtwc7qK6z75LkhHtnS3ZJtPcg9+xVHUs1M28CggEBAICqzunpBeGNDtQi\n" \
	"IYJsyfzlRyK6nHdMwkNtciVs0/BB3dG7WKH3rOmK1wXhHSEx1lcmP12dQ7SeLmyy\n" \
	"SEYlw57X5M3XnH2RwzraBMg9INwhOZm3Ftxxt1LWZczcnlizFW4a7CZ/yzQMqi/y\n" \
	"Af9fSsBs4rbjlbw8OcM3rHAzTjT2VNmGyamf4o1vW2hlCeIPmbo9PjQK3Al9hPod\n" \
	"VtRcQEDgM2Ocgj/fnM7yRFouB67k9jY5+DjUxf0bKveMh5hMccAtIKhL7JK+oHiT\n" \
	"DblLZiPZKkgF3fV5+mFRpHMCCD6bldGaoW1ES8YTbYaPnlIfduMo938j26oTkdA7\n" \
	"bT6shbsEIgIge231qwG1NMwCbo3UzaQSDEMBWe98GaxftBqp7c5/sVY=\n"         \
	"-----END PRIVATE KEY-----\n"

#define PEM_ED_1                                                             \
	"-----BEGIN PRIVATE KEY-----\n"                                      \
	"MC4CAQAwBQYDK2VwBCIEIOj9uccCrsnKhsvqLoOKowAQ6EGIdOJ3bunbnJYMjBEm\n" \
	"-----END PRIVATE KEY-----\n"

#define PEM_ED_2                                                             \
	"-----BEGIN PRIVATE KEY-----\n"                                      \
	"MC4CAQAwBQYDK2VwBCIEII1H1u7SQFPQwHXuaeGfdaDVaIc8CY/QPRKgJtcU4tlO\n" \
	"-----END PRIVATE KEY-----\n"

#endif
