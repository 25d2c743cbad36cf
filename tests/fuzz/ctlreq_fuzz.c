/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Any bytes at the daemon's control socket. A complete line draws JSON, or the
 * end of the connection; the input is what the client sends, in two pieces:
 * its first byte tells how long the first one is.
 */
#include "fuzz.h"
#include "../unit/core/core_rig.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/log.h"
#include "daemon/ctl_requests.h"
#include "daemon/daemon.h"
#include "daemon/device.h"
#include "daemon/hostnet.h"
#include "daemon/listdisk.h"

#define LIST                                                        \
	"prefix 10.156.0.0/16\n"                                    \
	"node alpha\n  address 192.0.2.1\n  subnet 10.156.1.0/24\n" \
	"node beta\n  address 192.0.2.2\n  subnet 10.156.2.0/24\n"

static struct rig_node node;
static struct daemon d;
static struct identity id;
static char path[64];

/* --- what belongs to other parts of the daemon ------------------------------------ */

static void
drain_rig(void *ctx)
{
	(void)ctx;
	rig_drain(&node);
}

enum reloaded
reload_all(struct daemon *daemon)
{
	return daemon->sched.realtime ? RELOAD_OK : RELOAD_NO_CONF;
}

json_t *
reload_restart_json(const struct daemon *daemon)
{
	(void)daemon;
	return json_array();
}

enum reloaded
reload_push(struct daemon *daemon)
{
	core_push(daemon->core, rig.now);
	return RELOAD_OK;
}

json_t *
listdisk_json(struct daemon *daemon)
{
	(void)daemon;
	return json_null();
}

void
listdisk_warn(const struct daemon *daemon, json_t *warnings)
{
	(void)daemon;
	(void)warnings;
}

const struct ifaces *
device_ifaces(const struct daemon *daemon)
{
	static const struct ifaces none;

	(void)daemon;
	return &none;
}

json_t *
offload_json(const struct daemon *daemon)
{
	(void)daemon;
	return json_object();
}

json_t *
offload_peer_json(const struct daemon *daemon, const struct endpoint *to)
{
	(void)daemon;
	(void)to;
	return json_null();
}

void
offload_log(const struct daemon *daemon)
{
	(void)daemon;
}

void
device_warnings(const struct daemon *daemon, json_t *array)
{
	(void)daemon;
	(void)array;
}

void
worker_warnings(const struct daemon *daemon, json_t *array)
{
	(void)daemon;
	(void)array;
}

void
hostnet_warnings(struct daemon *daemon, const char *peer, json_t *array)
{
	(void)daemon;
	(void)peer;
	(void)array;
}

bool
logsink_trouble(struct logsink *s, char *out, size_t cap)
{
	(void)s;
	(void)out;
	(void)cap;
	return false;
}

bool
hostnet_blocks(struct daemon *daemon, const struct ipaddr *to)
{
	(void)daemon;
	(void)to;
	return false;
}

uint64_t
hostnet_blocked_count(const struct daemon *daemon)
{
	(void)daemon;
	return 0;
}

const char *
tun_name(const struct tun *t)
{
	(void)t;
	return "vpn";
}

enum tun_level
tun_level(const struct tun *t)
{
	(void)t;
	return TUN_PLAIN;
}

const char *
tun_level_name(enum tun_level level)
{
	(void)level;
	return "none";
}

/* --- a daemon ------------------------------------------------------------------------ */

static struct tls_ctx *
make_tls(void)
{
	char *ca = NULL, *cert = NULL, *secret = NULL;
	struct key *ca_key = NULL, *key = NULL;
	struct walltime now = { RIG_START };
	struct tls_ctx *tls = NULL;
	struct err e;

	if (key_generate(&ca_key, KEY_EC_P256, &e) < 0 ||
	    key_generate(&key, KEY_EC_P256, &e) < 0 ||
	    key_write_private(&secret, key, &e) < 0 ||
	    cert_make_ca(&ca, ca_key, "ca", now, 900, &rig.rng, &e) < 0 ||
	    cert_make_node(&cert, key, "alpha", NULL, ca, strlen(ca), ca_key,
			   now, 800, &rig.rng, &e) < 0 ||
	    tls_ctx_new(&tls, (struct pem){ cert, strlen(cert) },
			(struct pem){ secret, strlen(secret) },
			&(struct pem){ ca, strlen(ca) }, 1, &e) < 0)
		fail_msg("%s", e.text);
	key_free(ca_key);
	key_free(key);
	free(ca);
	free(cert);
	free(secret);
	return tls;
}

static void
nothing(void *ctx, enum log_level level, const char *line)
{
	(void)ctx;
	(void)level;
	(void)line;
}

/* At the end of the process: the socket is a file. */
static void
remove_socket(void)
{
	ctlsock_close(d.ctl);
	*strrchr(path, '/') = '\0';
	(void)rmdir(path);
}

static void
begin(void)
{
	char dir[] = "/tmp/ctlreq.XXXXXX";
	struct err e;

	rig_begin();
	log_set_sink(nothing, NULL);
	rig_node_init(&node, "alpha", "");
	rig_new(&node, rig_list(LIST, RIG_START), NULL);
	rig_start(&node);
	id.conf = node.conf;
	id.tls = make_tls();
	d.core = node.core;
	d.id = &id;
	if (mkdtemp(dir) == NULL || loop_new(&d.loop, &e) < 0 ||
	    ctl_stream_open(&d, &e) < 0 || giveback_open(&d, &e) < 0)
		abort();
	loop_own(d.loop, (struct loop_owner){ .after_event = drain_rig });
	snprintf(path, sizeof(path), "%s/ctl", dir);
	if (ctlsock_open(&d.ctl, d.loop, path, 0600, (gid_t)-1,
			 ctl_requests_handle, &d, &e) < 0)
		fail_msg("%s", e.text);
	(void)atexit(remove_socket);
	for (int i = 0; i < 3; i++)
		events_add(&d, EVENT_INFO, EVENT_PEER_DOWN, i ? "beta" : "",
			   "down\x1b[2J \xff");
}

/* --- a client -------------------------------------------------------------------------- */

static int
dial(void)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);

	memcpy(sun.sun_path, path, sizeof(path));
	if (fd < 0 ||
	    connect(fd, (const struct sockaddr *)&sun, sizeof(sun)) < 0)
		abort();
	return fd;
}

static void
say(int fd, const uint8_t *p, size_t len)
{
	struct err e;

	if (len > 0)
		(void)send(fd, p, len, MSG_NOSIGNAL);
	for (int i = 0; i < 3; i++) {
		if (loop_turn(d.loop, MONO_NONE, &e) < 0)
			abort();
		ctl_stream_follow(&d);
	}
}

/* All that was answered is one JSON text, or one a line. */
static void
check_answer(char *p, size_t len)
{
	json_error_t why;
	json_t *o = json_loadb(p, len, 0, &why);
	char *save = NULL;

	if (o != NULL || len == 0) {
		json_decref(o);
		return;
	}
	for (p = strtok_r(p, "\n", &save); p != NULL;
	     p = strtok_r(NULL, "\n", &save)) {
		o = json_loads(p, 0, &why);
		assert_non_null(o);
		json_decref(o);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static char answer[1 << 20];
	size_t first, n = 0;
	ssize_t got;
	int fd;

	if (d.loop == NULL)
		begin();
	if (len < 1)
		return 0;
	first = data[0] < len - 1 ? data[0] : len - 1;
	d.sched.realtime = (data[0] & 1) != 0;
	node.nhooks = 0;
	fd = dial();
	say(fd, data + 1, first);
	say(fd, data + 1 + first, len - 1 - first);
	while (n < sizeof(answer) - 1 &&
	       (got = recv(fd, answer + n, sizeof(answer) - 1 - n, 0)) > 0) {
		n += (size_t)got;
		say(fd, NULL, 0);
	}
	answer[n] = '\0';
	check_answer(answer, n);
	close(fd);
	say(-1, NULL, 0);
	assert_int_equal(ctlsock_clients(d.ctl) <= EVENTS_FOLLOWERS, 1);
	return 0;
}
