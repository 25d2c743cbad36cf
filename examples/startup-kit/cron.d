# ClueVPN's start-up kit. Where systemd is in charge, its timers do this; and
# nothing does once the kit was removed and this file was kept.
PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin

# Name servers: once there is a configuration or a master of resolv.conf.
*/5 * * * * root [ -d /run/systemd/system ] || [ ! -x /usr/local/sbin/cluevpn-nscheck ] || { [ ! -e /etc/cluevpn/kit.conf ] && [ ! -e /etc/resolv.conf-master ]; } || /usr/local/sbin/cluevpn-nscheck -a
# The certificate of this node: once it was enrolled. Not all at the same time.
17 4 * * * root [ -d /run/systemd/system ] || [ ! -x /usr/local/sbin/cluevpn-enroll ] || [ ! -e /etc/cluevpn/kit.conf ] || [ ! -e /etc/cluevpn/node.pem ] || { sleep $(($$ \% 1800)); /usr/local/sbin/cluevpn-enroll --renew; }
# On the server of the CA: certificates that end and were not renewed.
43 6 * * * root [ -d /run/systemd/system ] || [ ! -x /usr/local/lib/cluevpn-startup-kit/issue ] || [ ! -e /var/lib/cluevpn-ca/index ] || /usr/local/lib/cluevpn-startup-kit/issue watch
