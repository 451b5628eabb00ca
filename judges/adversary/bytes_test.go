package adversary

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
)

const (
	host = "Host: $HOST\r\n"
	last = "GET /v1/views HTTP/1.1\r\n" + host + "Connection: close\r\n\r\n"
	// inner is a request that is answered with 200 if it is taken for one.
	inner = "GET /v1/views/shop/metadata HTTP/1.1\r\n" + host + "Authorization: Bearer $TOKEN(shop)\r\n\r\n"
)

// post is a request without a token, which is refused, with some headers and a body.
func post(headers, body string) string {
	return "POST /v1/views/shop:runReport HTTP/1.1\r\n" + host + headers + "\r\n" + body
}

// get is one with a token, which is answered, with some headers.
func get(headers string) string {
	return "GET /v1/views HTTP/1.1\r\n" + host + "Authorization: Bearer $TOKEN(shop)\r\n" + headers + "\r\n"
}

// statuses wants these answers, no more and no fewer, and what is told of the
// connection.
func statuses(closed bool, codes ...int) verdict {
	return func(t testing.TB, got answers) {
		t.Helper()
		var have []int
		for _, a := range got.all {
			have = append(have, a.status)
		}
		if fmt.Sprint(have) != fmt.Sprint(codes) || closed && !got.closed {
			t.Errorf("answered %v, closed %v; want %v, closed %v: %.600v", have, got.closed, codes, closed, got.all)
		}
	}
}

// broken wants a connection that ends with a refusal, with nothing read of what
// came after.
func broken(t testing.TB, got answers) {
	t.Helper()
	if len(got.all) > 1 || len(got.all) == 1 && got.all[0].status < 400 || !got.closed {
		t.Errorf("closed %v after %.600v", got.closed, got.all)
	}
}

// hidden wants that what stands in a body is not taken for a request: either the
// connection ends, or what comes after the body is read as its own.
func hidden(t testing.TB, got answers) {
	t.Helper()
	for _, a := range got.all {
		if a.status < 400 {
			t.Errorf("a body was taken for a request: %.600v", got.all)
		}
	}
}

// separate wants one refusal and the connection's end, or two refusals: what came
// after was read as a request of its own, with nothing of the first one's.
func separate(t testing.TB, got answers) {
	t.Helper()
	if len(got.all) == 2 {
		statuses(true, 401, 401)(t, got)
		return
	}
	statuses(true, 401)(t, got)
}

// byteAttacks send bytes that a proxy and a server might read differently.
func byteAttacks() []attack {
	attacks := append(framing(), lines()...)
	for i := range attacks {
		attacks[i].of = smuggling
	}
	return append(attacks, methods()...)
}

// framing confuses about where a request ends.
func framing() []attack {
	length := fmt.Sprintf("Content-Length: %d\r\n", len(strings.Replace(strings.Replace(inner, "$HOST", "127.0.0.1:12345", 1), "$TOKEN(shop)", strings.Repeat("x", 700), 1)))
	chunked := "Transfer-Encoding: chunked\r\n"
	return []attack{
		{name: "length and chunks, chunks end first", raw: post("Content-Length: 60\r\n"+chunked, "0\r\n\r\n"+last), want: separate},
		{name: "length and chunks, length ends first", raw: post("Content-Length: 4\r\n"+chunked, "5c\r\n"+strings.Repeat("a", 0x5c)+"\r\n0\r\n\r\n"+last), want: separate},
		{name: "length and chunks, a request in a chunk", raw: post(chunked+"Content-Length: 3\r\n", "200\r\n"+inner), want: hidden},
		{name: "two lengths", raw: post("Content-Length: 0\r\nContent-Length: 44\r\n", inner), want: broken},
		{name: "two lengths, the longer first", raw: post("Content-Length: 44\r\nContent-Length: 0\r\n", inner), want: broken},
		{name: "two lengths in one", raw: post("Content-Length: 0, 44\r\n", inner), want: broken},
		{name: "the same length twice in one", raw: post("Content-Length: 0,0\r\n", inner), want: broken},
		{name: "a negative length", raw: post("Content-Length: -1\r\n", inner), want: broken},
		{name: "a length with a plus", raw: post("Content-Length: +0\r\n", inner), want: broken},
		{name: "a length in hexadecimal", raw: post("Content-Length: 0x0\r\n", inner), want: broken},
		{name: "a length with a fraction", raw: post("Content-Length: 0.0\r\n", inner), want: broken},
		{name: "a length in other digits", raw: post("Content-Length: ٠\r\n", inner), want: broken},
		{name: "a length beyond 64 bits", raw: post("Content-Length: 18446744073709551616\r\n", inner), want: broken},
		{name: "an empty length", raw: post("Content-Length: \r\n", inner), want: broken},
		{name: "a space before the colon of the length", raw: post("Content-Length : 0\r\n", inner), want: broken},
		{name: "a length with an underscore", raw: post("Content_Length: 0\r\n"+length, inner), want: hidden},
		{name: "a body that is a request", raw: post(length, inner), want: hidden},
		{name: "a body of GET that is a request", raw: "GET /v1/views HTTP/1.1\r\n" + host + length + "\r\n" + inner, want: hidden},
		{name: "a body of HEAD that is a request", raw: "HEAD /v1/views HTTP/1.1\r\n" + host + length + "\r\n" + inner, want: hidden},
		{name: "a body of OPTIONS that is a request", raw: "OPTIONS /v1/views HTTP/1.1\r\n" + host + length + "\r\n" + inner, want: func(t testing.TB, got answers) {
			if len(got.all) > 1 && got.all[1].status < 400 {
				t.Errorf("a body was taken for a request: %.600v", got.all)
			}
		}},
		{name: "a body of a refused address that is a request", raw: "POST /nothing HTTP/1.1\r\n" + host + length + "\r\n" + inner, want: hidden},
		{name: "another encoding", raw: post("Transfer-Encoding: xchunked\r\n", "0\r\n\r\n"+inner), want: broken},
		{name: "chunked and another", raw: post("Transfer-Encoding: chunked, identity\r\n", "0\r\n\r\n"+inner), want: broken},
		{name: "identity", raw: post("Transfer-Encoding: identity\r\nContent-Length: 0\r\n", inner), want: broken},
		{name: "another and chunked", raw: post("Transfer-Encoding: gzip, chunked\r\n", "0\r\n\r\n"+inner), want: broken},
		{name: "chunked twice", raw: post(chunked+chunked, "0\r\n\r\n"+inner), want: broken},
		{name: "chunked with a quote", raw: post("Transfer-Encoding: \"chunked\"\r\n", "0\r\n\r\n"+inner), want: broken},
		{name: "chunked with a vertical tab", raw: post("Transfer-Encoding: \x0bchunked\r\n", "0\r\n\r\n"+inner), want: broken},
		{name: "chunked with a space before the colon", raw: post("Transfer-Encoding : chunked\r\n", "0\r\n\r\n"+inner), want: broken},
		{name: "chunked over two lines", raw: post("Transfer-Encoding:\r\n chunked\r\nContent-Length: 0\r\n", inner), want: broken},
		{name: "an empty encoding", raw: post("Transfer-Encoding:\r\nContent-Length: 0\r\n", inner), want: broken},
		{name: "chunked in HTTP 1.0", raw: strings.Replace(post(chunked, "0\r\n\r\n"+inner), "HTTP/1.1", "HTTP/1.0", 1), want: hidden},
		{name: "a chunk's size with 0x", raw: post(chunked, "0x0\r\n\r\n"+inner), want: hidden},
		{name: "a negative chunk", raw: post(chunked, "-1\r\n\r\n"+inner), want: hidden},
		{name: "a chunk's size beyond 64 bits", raw: post(chunked, "10000000000000000\r\n\r\n"+inner), want: hidden},
		{name: "a chunk's size with spaces", raw: post(chunked, "0 0\r\n\r\n"+inner), want: hidden},
		{name: "a chunk's line ended by a bare line feed", raw: post(chunked, "1\nZ\r\nq\r\n"+inner), want: hidden},
		{name: "a chunk's extension with a bare line feed", raw: post(chunked, "1;a\nb\r\nZ\r\nq\r\n"+inner), want: hidden},
		{name: "a chunk's extension that is a request", raw: post(chunked, "0;"+strings.ReplaceAll(inner, "\r\n", " ")+"\r\n\r\n"), want: hidden},
		{name: "a megabyte of extensions", raw: post(chunked, strings.Repeat("1;"+strings.Repeat("e", 1000)+"\r\nZ\r\n", 1000)+"0\r\n\r\n"), want: hidden},
		{name: "a chunk longer than it says", raw: post(chunked, "1\r\nZZ\r\n0\r\n\r\n"+inner), want: hidden},
		{name: "trailers that are headers", raw: post(chunked+"Trailer: Authorization\r\n", "0\r\nAuthorization: Bearer $TOKEN(shop)\r\n\r\n"), want: hidden},
		{name: "a body that never comes whole", raw: post("Content-Length: 1000\r\nConnection: close\r\n", "{"), want: hidden},
		{name: "two requests, each for itself", raw: strings.Replace(get(""), "\r\n\r\n", "\r\n\r\n", 1) + strings.Replace(get(""), "/v1/views ", "/v1/views/vault/metadata ", 1) + last, want: statuses(true, 200, 403, 401)},
		{name: "a token is not the next request's", raw: get("") + last, want: statuses(true, 200, 401)},
	}
}

// lines confuses about where a line ends, and what stands in it.
func lines() []attack {
	first := func(line string) string {
		return line + "\r\n" + host + "Authorization: Bearer $TOKEN(shop)\r\nConnection: close\r\n\r\n"
	}
	return []attack{
		{name: "a folded header", raw: get("X-A: b\r\n Authorization: Bearer x\r\n"), want: func(t testing.TB, got answers) { t.Helper(); hiddenOr(t, got, 200) }},
		{name: "a folded first header", raw: "GET /v1/views HTTP/1.1\r\n " + host + "\r\n", want: broken},
		{name: "line feeds alone", raw: strings.ReplaceAll(last, "\r\n", "\n"), want: statuses(true, 401)},
		{name: "carriage returns alone", raw: strings.ReplaceAll(last, "\r\n", "\r"), want: hidden},
		{name: "a carriage return in a header", raw: get("X-A: b\rAuthorization: Bearer x\r\n"), want: broken},
		{name: "a line feed in a header", raw: "GET /v1/views HTTP/1.1\r\n" + host + "X-A: b\nAuthorization: Bearer nonsense\r\nConnection: close\r\n\r\n", want: hidden},
		{name: "a zero byte in a header", raw: get("X-A: b\x00c\r\n"), want: broken},
		{name: "a zero byte in a header's name", raw: get("X-\x00A: b\r\n"), want: broken},
		{name: "a space in a header's name", raw: get("X A: b\r\n"), want: broken},
		{name: "a header without a colon", raw: get("nonsense\r\n"), want: broken},
		{name: "a header without a name", raw: get(": b\r\n"), want: broken},
		{name: "a space before the colon", raw: get("X-A : b\r\n"), want: broken},
		{name: "no host", raw: strings.Replace(last, host, "", 1), want: broken},
		{name: "two hosts", raw: strings.Replace(last, host, host+"Host: evil.example\r\n", 1), want: broken},
		{name: "a host that is none", raw: strings.Replace(last, "$HOST", "a b", 1), want: broken},
		{name: "a host with a path", raw: strings.Replace(last, "$HOST", "a/b", 1), want: hidden},
		{name: "an empty host", raw: strings.Replace(last, "$HOST", "", 1), want: statuses(true, 401)},
		{name: "no version", raw: "GET /v1/views\r\n\r\n", want: broken},
		{name: "version 0.9", raw: first("GET /v1/views HTTP/0.9"), want: broken},
		{name: "version 1.2", raw: first("GET /v1/views/vault/metadata HTTP/1.2"), want: hidden},
		{name: "version 2.0", raw: first("GET /v1/views HTTP/2.0"), want: broken},
		{name: "version 3", raw: first("GET /v1/views HTTP/3"), want: broken},
		{name: "a version with zeros", raw: first("GET /v1/views HTTP/01.1"), want: broken},
		{name: "another protocol", raw: first("GET /v1/views ICAP/1.1"), want: broken},
		{name: "two spaces", raw: first("GET  /v1/views  HTTP/1.1"), want: broken},
		{name: "a tab", raw: first("GET\t/v1/views\tHTTP/1.1"), want: broken},
		{name: "a space in the address", raw: first("GET /v1/views /x HTTP/1.1"), want: broken},
		{name: "a zero byte in the address", raw: first("GET /v1/views\x00 HTTP/1.1"), want: broken},
		{name: "a control character in the address", raw: first("GET /v1/views\x7f HTTP/1.1"), want: broken},
		{name: "an address without a slash", raw: first("GET v1/views HTTP/1.1"), want: broken},
		{name: "an address that is quoted badly", raw: first("GET /v1/views/%zz/metadata HTTP/1.1"), want: broken},
		{name: "an empty first line", raw: "\r\n\r\n" + last, want: hidden},
		{name: "TLS on the plain port", raw: "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", want: broken},
		{name: "SSH on the plain port", raw: "SSH-2.0-OpenSSH_9.9\r\n", want: broken},
		{name: "nonsense", raw: strings.Repeat("\xff\xfe\x00", 400) + "\r\n\r\n", want: broken},
		{name: "an address of 40 KB", raw: first("GET /" + strings.Repeat("a", 40_000) + " HTTP/1.1"), want: broken},
		{name: "a header of 40 KB", raw: get("X-A: " + strings.Repeat("a", 40_000) + "\r\n"), want: broken},
		{name: "five thousand headers", raw: get(strings.Repeat("X-A: b\r\n", 5000)), want: broken},
		{name: "a token of 20 KB", raw: "GET /v1/views HTTP/1.1\r\n" + host + "Authorization: Bearer " + strings.Repeat("e", 20_000) + "\r\nConnection: close\r\n\r\n", want: statuses(true, 401)},
	}
}

// hiddenOr wants one answer of a status, or a refusal.
func hiddenOr(t testing.TB, got answers, code int) {
	t.Helper()
	if len(got.all) != 1 || got.all[0].status != code && got.all[0].status < 400 {
		t.Errorf("answered %.600v", got.all)
	}
}

// methods are other ones than are answered, and other protocols.
func methods() []attack {
	var attacks []attack
	add := func(name, raw string, want verdict) {
		attacks = append(attacks, attack{name: name, of: oddMethods, raw: raw, want: want})
	}
	request := func(method, path, headers string) string {
		return method + " " + path + " HTTP/1.1\r\n" + host + "Authorization: Bearer $TOKEN(shop)\r\n" + headers + "Connection: close\r\n\r\n"
	}
	for _, method := range []string{"TRACE", "TRACK", "PUT", "DELETE", "PATCH", "PROPFIND", "MOVE", "LOCK", "get", "Get", "DEBUG", "X-" + strings.Repeat("M", 3000), "BREW"} {
		for _, path := range []string{"/v1/views", "/v1/views/shop:runReport", "/v1/tokens", "/token", "/embed/overview", "/oriel.js", "/v1beta/accountSummaries"} {
			add(fmt.Sprintf("%.12s %s", method, strings.ReplaceAll(path, "/", "|")), request(method, path, "X-Canary: canary-header\r\n"), all(statuses(true, http.StatusMethodNotAllowed), nowhere("canary-header", "Bearer ey")))
		}
		for _, path := range []string{"/v3/management/accounts", "/v3/management/accounts/1/webproperties/UA-77-1/profiles/77", "/v3/nothing"} {
			add(fmt.Sprintf("%.12s %s", method, strings.ReplaceAll(path, "/", "|")), request(method, path, "X-Canary: canary-header\r\n"), all(refused, nowhere("canary-header", "Bearer ey")))
		}
	}
	for _, path := range []string{"/v1/views/vault/metadata", "/v1/dashboards/strongroom", "/v3/data/ga?ids=ga:88&metrics=ga:sessions"} {
		add("HEAD "+strings.ReplaceAll(path, "/", "|"), request("HEAD", path, ""), statuses(true, 403))
		add("OPTIONS "+strings.ReplaceAll(path, "/", "|"), request("OPTIONS", path, ""), all(statuses(true, 204), nowhere(`"rows"`)))
	}
	add("HEAD of one's own", request("HEAD", "/v1/views", ""), statuses(true, 200))
	add("HEAD of a page", request("HEAD", "/embed/overview", ""), statuses(true, 400)) // mints nothing
	add("POST where GET is read", request("POST", "/v1/views/vault/metadata", "Content-Length: 0\r\n"), refused)
	add("CONNECT", "CONNECT evil.example:443 HTTP/1.1\r\nHost: evil.example:443\r\n\r\n", broken405)
	add("CONNECT to itself", "CONNECT $HOST HTTP/1.1\r\n"+host+"\r\n", broken405)
	add("OPTIONS of all", "OPTIONS * HTTP/1.1\r\n"+host+"Connection: close\r\n\r\n", noData)
	add("GET of all", "GET * HTTP/1.1\r\n"+host+"Connection: close\r\n\r\n", broken405)
	add("the preface of HTTP 2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x00\x04\x00\x00\x00\x00\x00", broken405)
	add("an upgrade to HTTP 2", request("GET", "/v1/views", "Upgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n"), statuses(true, 200))
	add("an upgrade to a web socket", request("GET", "/v1/views/vault/metadata", "Upgrade: websocket\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"), refused)
	add("an expectation that is none", request("GET", "/v1/views", "Expect: nonsense\r\n"), noData)
	add("ranges", request("GET", "/v1/views", "Range: bytes=0-1,2-3,4-5,0-99999999999999999999\r\n"), statuses(true, 200))
	add("a thousand ranges of a file", request("GET", "/oriel.js", "Range: bytes="+strings.TrimSuffix(strings.Repeat("0-,", 1000), ",")+"\r\n"), noData)
	return attacks
}

// broken405 wants a refusal of any kind.
func broken405(t testing.TB, got answers) {
	t.Helper()
	for _, a := range got.all {
		if a.status < 300 {
			t.Errorf("answered %.600v", got.all)
		}
	}
}

// noData wants nothing that is anybody's.
func noData(t testing.TB, got answers) {
	t.Helper()
	for _, a := range got.all {
		if strings.Contains(a.body, `"rows"`) || strings.Contains(a.body, `"views"`) {
			t.Errorf("answered %.600v", got.all)
		}
	}
}
