# Varnish 7 in front of Open Commitments: varnishd -f varnish.vcl -a :6081 -s malloc,1g
#
# Tell the service whom to believe: TRUSTED_PROXIES has to have Varnish's address, and that of the proxy that takes HTTPS.
# After a redaction empty the cache, and once more ten seconds later, for answers that were on their way:
#     varnishadm ban obj.status '!=' 0
vcl 4.1;

import std;

backend service {
    .host = "127.0.0.1";
    .port = "8080";
    # Not below GATEWAY_TIMEOUT of the service.
    .first_byte_timeout = 60s;
    .between_bytes_timeout = 60s;
    .probe = {
        .url = "/health/live";
        .interval = 2s;
        .timeout = 2s;
        .window = 5;
        .threshold = 2;
        .initial = 2;
    }
}

# Who takes HTTPS in front of Varnish.
acl https {
    "127.0.0.1";
    "::1";
}

sub vcl_recv {
    if (req.restarts == 0) {
        unset req.http.X-Stale;
        # Varnish has put the client's address behind those that X-Forwarded-For came with.
        unset req.http.Forwarded;
        if (client.ip !~ https || !req.http.X-Forwarded-Proto) {
            set req.http.X-Forwarded-Proto = "http";
        }
    }
    # The service knows no cookies.
    unset req.http.Cookie;

    # As long as revalidating may take (stale-while-revalidate of the service); a day where it failed (stale-if-error).
    if (req.http.X-Stale || !std.healthy(req.backend_hint)) {
        set req.grace = 1d;
    } else {
        set req.grace = 30s;
    }

    if (req.method != "GET" && req.method != "HEAD") {
        return (pass);
    }
    # Keys, probes, files that are large and come in parts, and requests that wait for what is new.
    if (req.http.Authorization || req.url ~ "/(health|exports)/|[?&]wait=|event-stream" || req.http.Accept ~ "event-stream") {
        return (pass);
    }

    # Headers that answers vary by, in few spellings. What could mean something else is left as it is.
    if (!req.http.Accept || req.http.Accept == "application/json, text/plain, */*") {
        set req.http.Accept = "*/*";
    } else if (req.http.Accept ~ "\*/\*" && req.http.Accept !~ "(?i)json|csv|spreadsheet|turtle|text/(plain|\*)|application/\*|q=0(\.0*)?\s*(,|;|$)") {
        set req.http.Accept = "*/*";
    }
    # A language without a quality has the best there is; of equals the first one counts.
    if (!req.http.Accept-Language || req.http.Accept-Language !~ "(?i)(^|,)\s*(zh|en)\b") {
        set req.http.Accept-Language = "en";
    } else if (req.http.Accept-Language !~ "(?i);\s*q=1" && req.http.Accept-Language ~ "(?i)(^|,)\s*(zh|en)(-[a-z0-9-]+)?\s*(,|$)") {
        set req.http.Accept-Language = std.tolower(
            regsub(req.http.Accept-Language, "(?i)^(?:.*?,)??\s*(zh|en)(?:-[a-z0-9-]+)?\s*(?:,.*)?$", "\1"));
    }
    return (hash);
}

sub vcl_hash {
    # Answers do not depend on the name the service was called by.
    hash_data(req.url);
    return (lookup);
}

sub vcl_backend_response {
    if (beresp.status >= 500 || beresp.status == 429) {
        # An older answer is there, as the validator tells: it stays only where this one is given up. See vcl_synth.
        if (bereq.is_bgfetch || (bereq.http.If-None-Match && !bereq.uncacheable && !bereq.http.X-Stale && beresp.status != 429)) {
            return (abandon);
        }
        set beresp.ttl = 0s;
        set beresp.grace = 0s;
        set beresp.uncacheable = true;
        return (deliver);
    }
    if (beresp.http.Cache-Control ~ "stale-if-error=") {
        set beresp.grace = std.duration(regsub(beresp.http.Cache-Control, ".*stale-if-error=([0-9]+).*", "\1s"), 0s);
    }
    if (beresp.http.ETag) {
        # What is over is asked for by its validator.
        set beresp.keep = 1d;
    }
    if (!bereq.uncacheable && beresp.http.Cache-Control !~ "no-store") {
        # They are of one client alone.
        unset beresp.http.RateLimit;
        unset beresp.http.RateLimit-Policy;
    }
}

sub vcl_backend_error {
    if (bereq.http.If-None-Match && !bereq.uncacheable && !bereq.http.X-Stale) {
        return (abandon);
    }
    set beresp.status = 503;
    set beresp.reason = "Service Unavailable";
    set beresp.http.Content-Type = "application/problem+json";
    set beresp.http.Cache-Control = "no-store";
    set beresp.http.Retry-After = "5";
    set beresp.http.Access-Control-Allow-Origin = "*";
    synthetic("""{"type":"about:blank","title":"Service Unavailable","status":503,"detail":"The service does not answer. Try again after Retry-After seconds. 服务暂时没有应答，请在 Retry-After 秒后重试。"}""");
    return (deliver);
}

sub vcl_synth {
    # A newer answer could not be had: once more, with what is there, however old.
    if (resp.status == 503 && req.restarts == 0) {
        set req.http.X-Stale = "wanted";
        return (restart);
    }
}

sub vcl_deliver {
    # Cache-Status, RFC 9211: each cache adds what it did.
    if (resp.http.Cache-Status) {
        set resp.http.Cache-Status = resp.http.Cache-Status + ", varnish";
    } else {
        set resp.http.Cache-Status = "varnish";
    }
    if (obj.uncacheable) {
        set resp.http.Cache-Status = resp.http.Cache-Status + "; fwd=bypass";
    } else if (obj.hits > 0) {
        set resp.http.Cache-Status = resp.http.Cache-Status + "; hit; ttl=" + std.integer(duration=obj.ttl);
    } else {
        set resp.http.Cache-Status = resp.http.Cache-Status + "; fwd=miss; stored";
    }
}
