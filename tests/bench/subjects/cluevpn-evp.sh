# shellcheck shell=bash
# The same with OpenSSL's AES-GCM alone, as on processors or systems without
# ipsec-mb: the build in build-evp, made with IPSEC_MB=0.
# shellcheck source=tests/bench/subjects/cluevpn.sh
. tests/bench/subjects/cluevpn.sh
subject_available() { [ -x "$O-evp/cluevpnd" ]; }
subject_start() { cluevpn_start "$O-evp/cluevpnd"; }
