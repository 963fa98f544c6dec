#!/usr/bin/env bash
# Dovecot 2.3 and Postfix 3 for tests, on the loopback interface, in one folder.
#
#   run.sh FOLDER IMAP IMAPS SUBMISSION SUBMISSIONS LMTP SASL RELAY SUBMISSION SUBMISSIONS
#
# FOLDER holds cert.pem and key.pem. The first two submission ports are Dovecot's, the last two
# Postfix's. Says "ready UID GID" (of the owner of the mailboxes) and runs until its standard
# input ends; then everything is stopped and FOLDER removed. As root; see ../servers.rs.
set -euo pipefail
folder=$1
imap=$2 imaps=$3 dovecot_submission=$4 dovecot_submissions=$5 lmtp=$6 sasl=$7 relay=$8
submission=$9 submissions=${10}
postfix=$folder/postfix
user=nobody
group=$(id -gn $user)
dovecot_pid=

stop() {
  trap - EXIT
  set +e
  # Own processes only: the first by number, the second by its folder.
  [ -z "$dovecot_pid" ] || kill "$dovecot_pid"
  [ ! -s "$postfix/queue/pid/master.pid" ] || postfix -c "$postfix/etc" abort
  [ -z "$dovecot_pid" ] || wait "$dovecot_pid"
  rm -rf "$folder"
}
trap stop EXIT
trap 'exit 1' HUP INT TERM
exec 2>>"$folder/log"

chmod 755 "$folder"
mkdir -p "$folder"/{run,state,mail} "$postfix"/{etc,queue,data}
chmod 600 "$folder/key.pem"
chown -R $user:"$group" "$folder"/{run,state,mail,cert.pem,key.pem}
chown root "$postfix" "$postfix/queue"
chown postfix "$postfix/data"
# Postfix reads its certificates as root; Dovecot may not belong to root.
cp "$folder/cert.pem" "$folder/key.pem" "$postfix/etc/"
chown root "$postfix"/etc/*.pem

cat >"$folder/dovecot.conf" <<X
base_dir = $folder/run
state_dir = $folder/state
log_path = $folder/log
protocols = imap submission lmtp
listen = 127.0.0.1
instance_name = prova$imap
hostname = localhost
default_internal_user = $user
default_internal_group = $group
default_login_user = $user
ssl = required
ssl_cert = <$folder/cert.pem
ssl_key = <$folder/key.pem
ssl_dh =
auth_mechanisms = plain login
auth_failure_delay = 0
passdb {
  driver = static
  args = password=segreto
}
userdb {
  driver = static
  args = uid=$user gid=$group home=$folder/mail/%u allow_all_users=yes
}
first_valid_uid = 1
mail_location = maildir:~/Maildir
mail_fsync = never
mail_max_userip_connections = 1000
mail_plugins = quota
plugin {
  quota = count:Casella
  quota_rule = *:storage=1G
  quota_vsizes = yes
}
namespace inbox {
  inbox = yes
  separator = /
  mailbox "Posta inviata" {
    auto = create
    special_use = \Sent
  }
}
submission_relay_host = 127.0.0.1
submission_relay_port = $relay
submission_relay_ssl = no
submission_max_mail_size = 100M
protocol imap {
  mail_plugins = \$mail_plugins imap_quota
}
protocol lmtp {
  postmaster_address = postmaster@localhost
  auth_username_format = %u
}
# No penalty for wrong passwords: all tests come from one address.
service anvil {
  chroot =
  unix_listener anvil-auth-penalty {
    mode = 0
  }
}
service stats {
  chroot =
}
service imap-login {
  chroot =
  service_count = 0
  inet_listener imap {
    port = $imap
  }
  inet_listener imaps {
    port = $imaps
    ssl = yes
  }
}
service imap {
  process_limit = 2048
}
service submission-login {
  chroot =
  service_count = 0
  inet_listener submission {
    port = $dovecot_submission
  }
  inet_listener submissions {
    port = $dovecot_submissions
    ssl = yes
  }
}
service auth {
  inet_listener sasl {
    port = $sasl
  }
}
service lmtp {
  user = $user
  inet_listener lmtp {
    port = $lmtp
  }
  unix_listener lmtp {
    mode = 0600
  }
}
X

cat >"$postfix/etc/main.cf" <<X
compatibility_level = 3.6
queue_directory = $postfix/queue
data_directory = $postfix/data
command_directory = /usr/sbin
daemon_directory = /usr/lib/postfix/sbin
mail_owner = postfix
setgid_group = postdrop
maillog_file = $folder/log
maillog_file_prefixes = $folder
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
myhostname = localhost
mydestination =
mynetworks = 127.0.0.1/32
alias_maps =
local_recipient_maps =
local_transport = error:no local mail here
default_transport = lmtp:inet:127.0.0.1:$lmtp
smtp_dns_support_level = disabled
default_destination_concurrency_limit = 10
minimal_backoff_time = 1s
maximal_backoff_time = 2s
queue_run_delay = 1s
smtpd_tls_cert_file = $postfix/etc/cert.pem
smtpd_tls_key_file = $postfix/etc/key.pem
smtpd_tls_security_level = encrypt
smtpd_tls_auth_only = yes
smtpd_sasl_auth_enable = yes
smtpd_sasl_type = dovecot
smtpd_sasl_path = inet:127.0.0.1:$sasl
smtpd_relay_restrictions = permit_sasl_authenticated, permit_mynetworks, reject
smtpd_recipient_restrictions = check_recipient_access regexp:$postfix/etc/recipients, permit_sasl_authenticated, permit_mynetworks, reject
smtpd_error_sleep_time = 0
smtpd_client_connection_count_limit = 0
smtpd_client_connection_rate_limit = 0
smtpd_client_message_rate_limit = 0
message_size_limit = 104857600
mailbox_size_limit = 0
X
cat >"$postfix/etc/recipients" <<'X'
/^rifiutato@/   550 5.1.1 casella inesistente
/^temporaneo@/  451 4.3.0 riprovare
/^trattenuto-/  HOLD
X
touch "$postfix/etc/dynamicmaps.cf"
cat >"$postfix/etc/master.cf" <<X
127.0.0.1:$submission inet n - n - - smtpd
127.0.0.1:$submissions inet n - n - - smtpd -o smtpd_tls_wrappermode=yes
127.0.0.1:$relay inet n - n - - smtpd -o smtpd_tls_security_level=none -o smtpd_sasl_auth_enable=no
pickup    unix n - n 60 1 pickup
cleanup   unix n - n - 0 cleanup
qmgr      unix n - n 300 1 qmgr
tlsmgr    unix - - n 1000? 1 tlsmgr
rewrite   unix - - n - - trivial-rewrite
bounce    unix - - n - 0 bounce
defer     unix - - n - 0 bounce
trace     unix - - n - 0 bounce
proxymap  unix - - n - - proxymap
smtp      unix - - n - - smtp
error     unix - - n - - error
retry     unix - - n - - error
lmtp      unix - - n - - lmtp
anvil     unix - - n - 1 anvil
postlog   unix-dgram n - n - 1 postlogd
X

dovecot -F -c "$folder/dovecot.conf" >>"$folder/log" </dev/null &
dovecot_pid=$!
postfix -c "$postfix/etc" start >>"$folder/log" </dev/null

answers() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }
for port in "$imaps" "$dovecot_submissions" "$lmtp" "$sasl" "$relay" "$submissions"; do
  for _ in $(seq 100); do
    answers "$port" && continue 2
    sleep 0.05
  done
  echo "nobody answers at port $port" >&2
  exit 1
done
echo "ready $(id -u $user) $(id -g $user)"
exec 1>&-
cat >/dev/null
