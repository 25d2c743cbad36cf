# SPDX-License-Identifier: GPL-3.0-or-later
# What `make install` puts where, and `make uninstall` takes out again: both
# go through the same table. The texts are of PREFIX=/usr/local; the paths in
# them change with PREFIX and SYSCONFDIR.

SBINDIR ?= $(PREFIX)/sbin
BINDIR ?= $(PREFIX)/bin
MANDIR ?= $(PREFIX)/share/man
DOCDIR ?= $(PREFIX)/share/doc/cluevpn
# bnl-sign wants it before a daemon has run. Empty: a package makes it.
STATEDIR ?= /var/lib/cluevpn
UNITDIR ?= $(PREFIX)/lib/systemd/system
SYSUSERSDIR ?= $(PREFIX)/lib/sysusers.d
BASHDIR ?= $(PREFIX)/share/bash-completion/completions
ZSHDIR ?= $(PREFIX)/share/zsh/site-functions
FISHDIR ?= $(PREFIX)/share/fish/vendor_completions.d

# SOURCE:TARGET; keygen is of use to users, and its page is in section 1.
USER_BINS := $O/keygen
PROGRAMS = $(foreach b,$(filter-out $(USER_BINS),$(BINS)),\
		$b:$(SBINDIR)/$(notdir $b)) \
	$(foreach b,$(USER_BINS),$b:$(BINDIR)/$(notdir $b))
TEXTS = $(foreach m,$(wildcard man/*.[0-9]),\
		$m:$(MANDIR)/man$(subst .,,$(suffix $m))/$(notdir $m)) \
	$(foreach b,$(notdir $(BINS)),\
		examples/completion.bash:$(BASHDIR)/$b \
		examples/completion.fish:$(FISHDIR)/$b.fish) \
	examples/completion.zsh:$(ZSHDIR)/_cluevpn \
	examples/cluevpnd.service:$(UNITDIR)/cluevpnd.service \
	examples/cluevpn.sysusers:$(SYSUSERSDIR)/cluevpn.conf \
	$(foreach d,README HOWTO,$d:$(DOCDIR)/$d) \
	examples/cluevpn.conf:$(DOCDIR)/examples/cluevpn.conf
# Scripts of other init systems: for copying.
SCRIPTS = $(foreach e,cluevpnd.init cluevpnd.openrc,\
		examples/$e:$(DOCDIR)/examples/$e)
OWN_DIRS = $(DOCDIR)/examples $(DOCDIR) $(SYSCONFDIR)/cluevpn $(STATEDIR)

source = $(firstword $(subst :, ,$1))
target = $(DESTDIR)$(lastword $(subst :, ,$1))
PATHS_SED = sed -e 's|/usr/local/sbin/c|$(SBINDIR)/c|g' \
	-e 's|/usr/local/share/bash-completion/completions|$(BASHDIR)|g' \
	-e 's|/usr/local/lib/cluevpn-startup-kit|$(KITDIR)|g' \
	-e 's|/usr/local/share/doc/cluevpn-startup-kit|$(KITDOCDIR)|g' \
	-e 's|/etc/cluevpn|$(SYSCONFDIR)/cluevpn|g'

define put_program
	$Qinstall -D -m 755 $(call source,$1) $(call target,$1)

endef
define put_text
	$Qinstall -d $(dir $(call target,$1)) && \
		$(PATHS_SED) $(call source,$1) >$(call target,$1) && \
		chmod $2 $(call target,$1)

endef

install: all
	$(foreach p,$(PROGRAMS),$(call put_program,$p))
	$(foreach t,$(TEXTS),$(call put_text,$t,644))
	$(foreach t,$(SCRIPTS),$(call put_text,$t,755))
	$Qinstall -d $(DESTDIR)$(SYSCONFDIR)/cluevpn
	$Q$(if $(STATEDIR),[ -d $(DESTDIR)$(STATEDIR) ] || \
		install -d -m 700 $(DESTDIR)$(STATEDIR))
ifeq ($(DESTDIR),)
	$Q[ "$$(id -u)" != 0 ] || if command -v systemd-sysusers >/dev/null; then \
		systemd-sysusers $(SYSUSERSDIR)/cluevpn.conf; \
	elif ! id cluevpn >/dev/null 2>&1 && command -v useradd >/dev/null; then \
		useradd --system --user-group --no-create-home \
			--home-dir /var/lib/cluevpn --comment 'ClueVPN daemon' \
			--shell /usr/sbin/nologin cluevpn; fi
	$Q[ ! -d /run/systemd/system ] || [ "$$(id -u)" != 0 ] || \
		systemctl daemon-reload
endif

# The user stays, and so does what is in the configuration's directory.
uninstall:
	rm -f $(foreach f,$(PROGRAMS) $(TEXTS) $(SCRIPTS),$(call target,$f))
	$Qfor d in $(addprefix $(DESTDIR),$(OWN_DIRS)); do \
		[ ! -d "$$d" ] || rmdir --ignore-fail-on-non-empty "$$d"; done

# The start-up kit, which is a package of its own, as well. What belongs to the
# server alone, and what is to be edited, goes to its documents, for copying.
KITDIR ?= $(PREFIX)/lib/cluevpn-startup-kit
KITDOCDIR ?= $(PREFIX)/share/doc/cluevpn-startup-kit
CRONDIR ?= $(SYSCONFDIR)/cron.d
KIT := examples/startup-kit
KIT_SCRIPTS = $(foreach s,cluevpn-ask cluevpn-enroll cluevpn-nscheck \
		cluevpn-zones,$(KIT)/$s:$(SBINDIR)/$s) \
	$(KIT)/openvpn/gateway-home:$(SBINDIR)/gateway-home \
	$(foreach s,list-sign pre-receive post-receive,\
		$(KIT)/git/$s:$(KITDIR)/git/$s) \
	$(foreach s,issue ns-up ns-down,$(KIT)/$s:$(KITDIR)/$s)
KIT_TEXTS = $(foreach t,ca.sh kit.sh ns.sh,$(KIT)/$t:$(KITDIR)/$t) \
	$(foreach m,$(wildcard $(KIT)/man/*.8),$m:$(MANDIR)/man8/$(notdir $m)) \
	$(foreach u,$(wildcard $(addprefix $(KIT)/*.,service timer path)),\
		$u:$(UNITDIR)/$(notdir $u)) \
	$(KIT)/cron.d:$(CRONDIR)/cluevpn-startup-kit \
	$(KIT)/README:$(KITDOCDIR)/README \
	$(foreach f,gateway.conf gateway.nft home.conf,\
		$(KIT)/openvpn/$f:$(KITDIR)/openvpn/$f) \
	$(foreach e,GATEWAY LIST,\
		$(wildcard $(KIT)/*/$e):$(KITDOCDIR)/$e) \
	$(foreach e,kit.conf kit.names remctl.conf,\
		$(KIT)/$e:$(KITDOCDIR)/examples/$e)
KIT_DIRS = $(KITDIR)/git $(KITDIR)/openvpn $(KITDIR) $(KITDOCDIR)/examples \
	$(KITDOCDIR)

install-kit:
	$(foreach t,$(KIT_SCRIPTS),$(call put_text,$t,755))
	$(foreach t,$(KIT_TEXTS),$(call put_text,$t,644))
ifeq ($(DESTDIR),)
	$Q[ ! -d /run/systemd/system ] || [ "$$(id -u)" != 0 ] || \
		systemctl daemon-reload
endif

# First it takes back what it has written elsewhere.
KIT_UNITS = $(notdir $(wildcard $(addprefix $(KIT)/*.,timer path)))
uninstall-kit:
ifeq ($(DESTDIR),)
	$Q[ "$$(id -u)" != 0 ] || [ ! -x $(SBINDIR)/cluevpn-nscheck ] || { \
		[ ! -d /run/systemd/system ] || \
			systemctl disable -q --now $(KIT_UNITS) || :; \
		$(SBINDIR)/cluevpn-nscheck -r; }
endif
	rm -f $(foreach f,$(KIT_SCRIPTS) $(KIT_TEXTS),$(call target,$f))
	$Qfor d in $(addprefix $(DESTDIR),$(KIT_DIRS)); do \
		[ ! -d "$$d" ] || rmdir --ignore-fail-on-non-empty "$$d"; done
ifeq ($(DESTDIR),)
	$Q[ "$$(id -u)" != 0 ] || { \
		sh debian/cluevpn-startup-kit.postrm uninstall; \
		[ ! -d /run/systemd/system ] || systemctl daemon-reload; }
endif

# The Debian packages, in $O-deb; what that needs: lint/deps deb
deb:
	$QO=$O lint/deb

# Builds it, looks into it, and installs it on a host of copies.
deb-check:
	$Qlint/deps check deb
	$Q$(MAKE) --no-print-directory -j$(JOBS) all $(HELPERS)
	$QDEB_CHECK=1 O=$O tests/run tests/system/deb.t

.PHONY: install uninstall install-kit uninstall-kit deb deb-check
