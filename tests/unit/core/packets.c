/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "packets.h"

uint16_t
slow_sum(uint16_t start, const uint8_t *p, size_t len)
{
	uint32_t sum = start;

	for (size_t i = 0; i < len; i++) {
		sum += i % 2 == 0 ? (uint32_t)p[i] << 8 : p[i];
		sum = (sum & 0xffff) + (sum >> 16);
	}
	return (uint16_t)sum;
}

/* Of the pseudo-header of RFC 9293 3.1 or RFC 8200 8.1. */
static uint16_t
slow_pseudo(const uint8_t *p, uint8_t proto, size_t len)
{
	uint8_t tail[8] = { 0 };
	uint16_t sum;

	sum = p[0] >> 4 == 4 ? slow_sum(0, p + 12, 8) : slow_sum(0, p + 8, 32);
	put_be32(tail, (uint32_t)len);
	tail[7] = proto;
	return slow_sum(sum, tail, sizeof(tail));
}

void
slow_ip_csum(uint8_t *p)
{
	put_be16(p + 10, 0);
	put_be16(p + 10, (uint16_t)~slow_sum(0, p, (p[0] & 15u) * 4));
}

void
slow_csum(uint8_t *p, size_t iphdr, size_t len, uint8_t proto, bool partial)
{
	uint8_t *at = p + iphdr + (proto == 6 ? 16 : 6);
	uint16_t sum = slow_pseudo(p, proto, len - iphdr);

	put_be16(at, 0);
	if (!partial) {
		sum = (uint16_t)~slow_sum(sum, p + iphdr, len - iphdr);
		if (proto == 17 && sum == 0)
			sum = 0xffff;
	}
	put_be16(at, sum);
}

size_t
make_ip(uint8_t *p, const struct made *m, size_t rest)
{
	size_t hdr = (m->v6 ? 40 : 20) + m->ipopt;

	memset(p, 0, hdr);
	if (m->v6) {
		put_be32(p, 6u << 28 | (uint32_t)m->tos << 20 | m->label);
		put_be16(p + 4, (uint16_t)(hdr - 40 + rest));
		p[6] = m->ipopt != 0 ? 60 : m->proto;
		p[7] = m->ttl;
		put_be32(p + 8, 0xfd0000c1);
		p[23] = m->host;
		put_be32(p + 24, 0xfd0000c1);
		p[39] = 200;
		if (m->ipopt != 0) {
			p[40] = m->proto;
			p[41] = (uint8_t)(m->ipopt / 8 - 1);
			p[42] = 1; /* PadN */
			p[43] = (uint8_t)(m->ipopt - 4);
		}
		return hdr;
	}
	p[0] = (uint8_t)(0x40 | hdr / 4);
	p[1] = m->tos;
	put_be16(p + 2, (uint16_t)(hdr + rest));
	put_be16(p + 4, m->id);
	put_be16(p + 6, m->frag);
	p[8] = m->ttl;
	p[9] = m->proto;
	put_be32(p + 12, 0x0a9c0100u + m->host);
	put_be32(p + 16, 0x0a9c02c8);
	memset(p + 20, 1, m->ipopt); /* no operation */
	slow_ip_csum(p);
	return hdr;
}

size_t
make_packet(uint8_t *p, const struct made *m)
{
	size_t tlen = m->proto == 6 ? 20 + m->tcpopt : 8;
	size_t ip = make_ip(p, m, tlen + m->len);
	uint8_t *t = p + ip;

	memset(t, 0, tlen);
	put_be16(t, (uint16_t)(1000 + m->sport));
	put_be16(t + 2, 443);
	if (m->proto == 6) {
		put_be32(t + 4, m->seq);
		put_be32(t + 8, m->ack);
		t[12] = (uint8_t)(tlen / 4 << 4);
		t[13] = m->flags;
		put_be16(t + 14, m->window);
		put_be16(t + 18, m->urgent);
		memset(t + 20, m->optbyte, m->tcpopt);
	} else {
		put_be16(t + 4, (uint16_t)(8 + m->len));
	}
	if (m->len > 0)
		memcpy(t + tlen, m->payload, m->len);
	slow_csum(p, ip, ip + tlen + m->len, m->proto, m->partial);
	return ip + tlen + m->len;
}

size_t
made_header_len(const struct made *m)
{
	return (m->v6 ? 40 : 20) + m->ipopt +
	       (m->proto == 6 ? 20 + m->tcpopt : 8);
}
