# shellcheck shell=sh
# What the script about looking can call.
# Takes SHARED. Calls functions of appliance.sh.

# nginx serves /run/web, and sends /latest.zsb on to /there/latest.zsb. It writes a line for each answer.
serve() {
    ip link set lo up
    mkdir -p /run/nginx /run/web/there
    cat >/run/nginx/nginx.conf <<END
user root;
pid /run/nginx/pid;
error_log /run/nginx/error.log;
events {}
http {
    log_format sent '\$status \$uri \$body_bytes_sent';
    access_log /run/nginx/access.log sent;
    client_body_temp_path /run/nginx/body;
    proxy_temp_path /run/nginx/proxy;
    fastcgi_temp_path /run/nginx/fastcgi;
    uwsgi_temp_path /run/nginx/uwsgi;
    scgi_temp_path /run/nginx/scgi;
    server {
        listen 127.0.0.1:8080;
        location = /latest.zsb { return 302 http://127.0.0.1:8080/there/latest.zsb; }
        location / { root /run/web; }
    }
}
END
    nginx -p /run/nginx -c /run/nginx/nginx.conf
}
# The policy has this address from now on, and whoever checks the system knows of it.
address_is() {
    printf '[upgrade]\nurl = "%s"\nlook = "install"\n' "$1" >>/run/sys/etc/zshield/appliance.toml
    zshield check --root /run/sys >/dev/null || test $? = 4
    zshield check --root /run/sys --accept /etc/zshield/appliance.toml
}
look() { zshield --lang en upgrade look --root /run/sys; }
# What `zshield status` says of it, and the alarms that are there.
status() {
    zshield --lang en status --root /run/sys --json >/run/status || test $? = 1
    cat /run/status
}
