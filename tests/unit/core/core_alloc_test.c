/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Packets of a session cost no allocation, whichever way they go. */
#include <dlfcn.h>

#include "core_rig.h"

#define LIST                                                        \
	"prefix 10.156.0.0/16\n"                                    \
	"node alpha\n  address 192.0.2.1\n  subnet 10.156.1.0/24\n" \
	"node beta\n  address 192.0.2.2\n  subnet 10.156.2.0/24\n"
#define TURNS 200
#define WARM 8 /* turns that are not counted */
#define SEGMENT 1380
#define SUPER (20 * SEGMENT)
#define SMALL 8 /* single packets a turn */

static struct rig_node a, b;
static struct rig_out sent, got;
static unsigned int calls; /* of the allocator */

#if defined(__SANITIZE_ADDRESS__)
#define HAS_OWN_ALLOCATOR 1 /* it must not be replaced */
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define HAS_OWN_ALLOCATOR 1
#endif
#endif

#ifndef HAS_OWN_ALLOCATOR
/* In the place of the library's: counts, and passes it on. */
static void
next(void *fn, const char *name)
{
	void *at = dlsym(RTLD_NEXT, name);

	calls++;
	memcpy(fn, &at, sizeof(at));
}

void *
malloc(size_t size)
{
	static void *(*fn)(size_t);

	next(&fn, "malloc");
	return fn(size);
}

void *
calloc(size_t n, size_t size)
{
	static void *(*fn)(size_t, size_t);

	next(&fn, "calloc");
	return fn(n, size);
}

void *
realloc(void *p, size_t size)
{
	static void *(*fn)(void *, size_t);

	next(&fn, "realloc");
	return fn(p, size);
}
#endif

/* Text that shrinks; the payload of one TCP super-packet. */
static void
make_super(struct tun_frame *f, uint8_t *mem)
{
	static uint8_t payload[SUPER];
	struct made m = { .proto = 6,
			  .host = 1,
			  .ttl = 64,
			  .flags = FLAG_ACK,
			  .payload = payload,
			  .len = SUPER,
			  .partial = true };

	for (size_t i = 0; i < SUPER; i++)
		payload[i] = (uint8_t)('a' + i % 23);
	f->data = mem + FRAME_HEADROOM;
	f->len = make_packet(f->data, &m);
	f->off = (struct frame_offload){ .kind = FRAME_TCP4,
					 .segsize = SEGMENT,
					 .hdrlen = 40,
					 .needs_csum = true,
					 .csum_start = 20,
					 .csum_offset = 16 };
}

static void
make_small(struct tun_frame *f, uint8_t *mem)
{
	*f = (struct tun_frame){ .data = mem + FRAME_HEADROOM };
	f->len = rig_packet(f->data, (const uint8_t *)"0123456789", 10);
}

/* What a has sealed goes to b. Returns the packets that came out. */
static unsigned int
carry(void)
{
	unsigned int frames;

	for (unsigned int i = 0; i < sent.o.nruns; i++) {
		sent.o.runs[i].remote = a.at;
		sent.o.runs[i].local = b.at.addr;
	}
	if (core_udp_in(b.core, rig.now, sent.o.runs, sent.o.nruns, &got.o) !=
	    sent.o.nruns)
		return 0;
	frames = got.o.nframes;
	core_out_reset(&got.o);
	core_out_reset(&sent.o);
	return frames;
}

/* One turn of traffic; true when all of it has arrived. */
static bool
turn(void)
{
	static uint8_t mem[SMALL + 1][FRAME_HEADROOM + SUPER + 64];
	struct tun_frame f[SMALL + 1];

	make_super(&f[0], mem[0]);
	for (int i = 1; i <= SMALL; i++)
		make_small(&f[i], mem[i]);
	return core_tun_in(a.core, rig.now, f, SMALL + 1, &sent.o) ==
		       SMALL + 1 &&
	       carry() > 0;
}

static void
run_traffic(enum aead_alg cipher, enum comp_alg comp)
{
	unsigned int failed = 0, before = 0;
	struct pair p;
	uint64_t packets;

	rig_begin();
	rig_node_init(&a, "alpha", "");
	rig_node_init(&b, "beta", "");
	p = rig_pair(comp, RIG_START - 60);
	p.cipher = cipher;
	rig_new(&a, rig_list(LIST, RIG_START), NULL);
	rig_new(&b, rig_list(LIST, RIG_START), NULL);
	rig_load(&a, &b, &p);
	rig_load(&b, &a, &p);
	rig_start(&a);
	rig_start(&b);
	rig_talk(&a, &b, rig_out(&got));
	rig_clock(mono_add_ms(rig.now.mono, 500));
	rig_talk(&a, &b, rig_out(&got));
	(void)rig_out(&sent);
	(void)rig_out(&got);
	packets = rig_peer(&b, "alpha")->rx_packets;
	for (int i = 0; i < TURNS; i++) {
		if (i == WARM)
			before = calls;
		failed += !turn();
	}
	before = calls - before;
	assert_int_equal(failed, 0);
	assert_int_equal(rig_peer(&b, "alpha")->rx_packets - packets,
			 TURNS * (SUPER / SEGMENT + SMALL));
	assert_int_equal(before, 0);
	rig_free(&a);
	rig_free(&b);
	rig_end();
}

/* The counter counts: a core cannot be made without memory. */
static void
test_counts(void **state)
{
	unsigned int before = calls;

	(void)state;
#ifdef HAS_OWN_ALLOCATOR
	print_message("the sanitizer has an allocator of its own\n");
	skip();
#endif
	rig_begin();
	rig_node_init(&a, "alpha", "");
	rig_free(&a);
	rig_end();
	assert_true(calls > before);
}

static void
test_plain(void **state)
{
	(void)state;
	run_traffic(AEAD_AES_256_GCM, COMP_NONE);
	run_traffic(AEAD_CHACHA20_POLY1305, COMP_NONE);
}

static void
test_compressed(void **state)
{
	(void)state;
	run_traffic(AEAD_AES_256_GCM, COMP_ZLIB);
	run_traffic(AEAD_AES_256_GCM, COMP_LZO);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_counts),
		cmocka_unit_test(test_plain),
		cmocka_unit_test(test_compressed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
