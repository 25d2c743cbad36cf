#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# The start-up kit's list in git: several editors push, the hook checks and
# shows, one machine signs.
# shellcheck disable=SC2317,SC2086,SC2016 # called by name; words
set -u
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/system/kit_rig.sh
. tests/system/kit_rig.sh
rig_needs git
export HOME=$tmp GIT_CONFIG_GLOBAL=$tmp/gitconfig GIT_CONFIG_NOSYSTEM=1
printf '[safe]\n\tdirectory = *\n' >gitconfig
export GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@x GIT_COMMITTER_NAME=a
export GIT_COMMITTER_EMAIL=a@x

# --- the machine that signs ---------------------------------------------------------

must keygen bnl -t ed25519
must git init -q --bare -b main list.git
cp "$kit/git/pre-receive" "$kit/git/post-receive" list.git/hooks/
# Another user runs them, who may have no way to the tree.
mkdir bin
cp "$O/bnl-sign" "$O/bnl-verify" bin
PATH=$tmp/bin:$PATH
if [ "$(id -u)" -eq 0 ] && setpriv --reuid=65534 --clear-groups true; then
	# The repository of a user of its own; the key is root's.
	chmod 711 .
	chown -R 65534:65534 list.git
	as='setpriv --reuid=65534 --regid=65534 --clear-groups'
else
	as=''
fi
sign() { # sign [OPTION...]: list-sign, without a terminal
	CLUEVPN_BNL=$tmp/network.bnl CLUEVPN_LAST=$tmp/last \
		CLUEVPN_PUBKEY=$tmp/bnl-pub.pem "$kit/git/list-sign" \
		"$tmp/list.git" -k "$tmp/bnl.key" "$@" </dev/null
}

# --- editors ------------------------------------------------------------------------

for e in ann bob; do
	must git clone -q list.git $e
	must git -C $e symbolic-ref HEAD refs/heads/main
done
push() { # push EDITOR [OPTION...]
	e=$1
	shift
	$as git -C "$e" add -A && $as git -C "$e" commit -qm 'nodes' &&
		$as git -C "$e" push "$@" origin main
}
[ -z "$as" ] || chown -R 65534:65534 ann bob
cat >ann/network.txt <<'LIST'
network example.org
prefix 10.156.0.0/16
node alpha
  subnet 10.156.1.0/24
node beta
  subnet 10.156.2.0/24
node gamma
  subnet 10.156.3.0/24
node delta
  subnet 10.156.4.0/24
LIST
holds 'an editor pushes the first list' push ann
said 'which is not in force yet' 'the signer types "list-sign"'
holds 'the signer signs it' sign --first
holds 'it is in force' bnl-verify -k bnl-pub.pem network.bnl
cp network.bnl before.bnl

must $as git -C bob pull -q origin main
sed -i 's|10.156.2.0/24|10.156.1.0/25|' bob/network.txt
refused 'a list with an error' 'network.txt:6:' push bob
said 'with what is wrong' 'overlaps'
sed -i 's|10.156.1.0/25|10.156.20.0/24|' bob/network.txt
holds 'a list that is right' push bob
said 'shows what it changes' '10.156.20.0/24'
cp network.bnl x
holds 'a push signs nothing' cmp x before.bnl
echo '# more' >>ann/network.txt
refused 'an editor who has not seen that' '' push ann
refused 'nor by force' 'somebody has changed main meanwhile' $as \
	git -C ann push --force origin main
must $as git -C ann reset -q --hard HEAD~1
must $as git -C ann pull -q origin main
refused 'the branch stays' 'cannot be deleted' $as git -C ann push origin :main
cat network.bnl >bob/network.txt
refused 'a signed list is not for git' 'do not belong into git' push bob
must $as git -C bob reset -q --hard HEAD~1
printf 'node \033[2J\n' >>bob/network.txt
push bob >out 2>&1
! grep -q "$(printf '\033')" out
ok $? 'what the hook shows controls no terminal'
must $as git -C bob reset -q --hard HEAD~1

# --- signing ------------------------------------------------------------------------

holds 'the signer signs what was pushed' sign
holds 'it is in the list' grep -q '10.156.20.0/24' network.bnl
holds 'which goes on from the last one' grep -q '^history' network.bnl
sed -i '/delta/,$d' ann/network.txt
sed -i '/gamma/,$d' ann/network.txt
holds 'a push that takes half of the nodes' push ann
refused 'is not signed without a person' '-y' sign
holds 'who says so' sign -y
is "$(grep -c '^node' network.bnl)" 2 'then it is'

# Past git.
must bnl-sign add -y -k bnl.key -l network.bnl guest --subnet 10.156.9.0/24
echo '# a remark' >>ann/network.txt
must push ann
refused 'a list that was changed past git' 'was changed past git' sign
said 'with what is not in git' '+ node guest'
holds 'is not undone' grep -q '^node guest' network.bnl
printf 'node guest\n  subnet 10.156.9.0/24\n' >>ann/network.txt
must push ann
cp ann/network.txt last
holds 'once it is in git' sign -f
holds 'it is signed again' grep -q '# a remark' network.bnl

# As it is pushed, where the administrator wants that.
cat >auto <<END
#!/bin/sh
echo "signing as \$(id -u)"
END
chmod 755 auto
git -C list.git config cluevpn.signcmd "$tmp/auto"
echo '# another one' >>ann/network.txt
holds 'a command may sign each push' push ann
said 'which the editor sees' 'remote: signing as'
git -C list.git config cluevpn.signcmd false
echo '# and another one' >>ann/network.txt
holds 'where that fails the push stays' push ann
said 'and the editor knows' 'the list is NOT signed'
refused 'no repository' 'usage' "$kit/git/list-sign" ann
tap_end
