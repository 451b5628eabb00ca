package adversary

import (
	"bufio"
	"bytes"
	"cmp"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/oriel-server/oriel/judges/canary"
	"github.com/oriel-server/oriel/judges/house"
)

// An attack is a line of the suite: either ask or raw is sent and want looks at
// the answers, or run does it all.
type attack struct {
	name string
	of   lesson
	ask  ask
	raw  string // bytes as they are, after expand
	want verdict
	run  func(t *testing.T, s *stage)
}

// An ask is a request that is well-formed, but for what its fields say.
type ask struct {
	method string // GET, or POST when there is a body
	path   string // as it stands in the first line
	body   string
	as     bearer   // who shows what in Authorization; nil: nothing
	head   []string // more headers, "Name: value"
}

// A bearer returns a credential.
type bearer func(t testing.TB, s *stage) string

func token(name string) bearer {
	return func(t testing.TB, s *stage) string { return s.token(t, name) }
}

// renewable is token, but a new one each time: one that was renewed is used up.
func renewable(name string) bearer {
	return func(t testing.TB, s *stage) string { return s.mint(t, s.oriel, recipes[name].host, recipes[name].ask) }
}

func apiKey(host string) bearer {
	return func(_ testing.TB, s *stage) string { return s.apiKeys[host] }
}

func literal(credential string) bearer {
	return func(testing.TB, *stage) string { return credential }
}

// text returns the request as it is sent, on a connection of its own.
func (a ask) text(t testing.TB, s *stage) string {
	var b strings.Builder
	a.body = s.expand(t, s.oriel, a.body) // before its length is said
	method := a.method
	if method == "" {
		method = http.MethodGet
		if a.body != "" {
			method = http.MethodPost
		}
	}
	fmt.Fprintf(&b, "%s %s HTTP/1.1\r\n", method, a.path)
	if !a.has("Host") {
		b.WriteString("Host: $HOST\r\n")
	}
	if a.as != nil {
		fmt.Fprintf(&b, "Authorization: Bearer %s\r\n", a.as(t, s))
	}
	for _, h := range a.head {
		b.WriteString(h + "\r\n")
	}
	if a.body != "" && !a.has("Content-Length") && !a.has("Transfer-Encoding") {
		fmt.Fprintf(&b, "Content-Length: %d\r\n", len(a.body))
	}
	fmt.Fprintf(&b, "Connection: close\r\n\r\n%s", a.body)
	return b.String()
}

func (a ask) has(header string) bool {
	for _, h := range a.head {
		if name, _, _ := strings.Cut(h, ":"); strings.EqualFold(name, header) {
			return true
		}
	}
	return false
}

// answers are what came back over one connection.
type answers struct {
	all    []answer
	closed bool // by the server
	sent   string
}

type answer struct {
	status int
	header http.Header
	body   string // decompressed
}

func (a answer) String() string { return fmt.Sprintf("%d %v %s", a.status, a.header, a.body) }

// only returns the answer where there is to be one.
func (a answers) only(t testing.TB) answer {
	t.Helper()
	if len(a.all) != 1 {
		t.Fatalf("%d answers: %.600v", len(a.all), a.all)
	}
	return a.all[0]
}

// patience is how long an answer may take on a busy machine, and how long it is
// waited for another one on a connection that stays open.
const patience = 10 * time.Second

// send writes text over a connection of its own and reads what comes back until
// the server closes it, or nothing comes for wait.
func send(t testing.TB, server *house.Server, text string, wait time.Duration) answers {
	t.Helper()
	conn, err := net.Dial("tcp", strings.TrimPrefix(server.Public, "http://"))
	must(t, err)
	defer conn.Close()
	must(t, conn.SetWriteDeadline(time.Now().Add(patience)))
	// The server may close while it is told too much.
	_, _ = io.WriteString(conn, text)
	got := answers{sent: text}
	method, _, _ := strings.Cut(text, " ")
	r := bufio.NewReader(conn)
	for {
		must(t, conn.SetReadDeadline(time.Now().Add(wait)))
		a, err := receive(r, method)
		var timeout net.Error
		switch {
		case errors.As(err, &timeout) && timeout.Timeout():
			return got
		case err != nil:
			got.closed = true
			return got
		}
		if a.status == http.StatusContinue {
			continue
		}
		got.all = append(got.all, a)
		method = http.MethodGet
	}
}

func receive(r *bufio.Reader, method string) (answer, error) {
	res, err := http.ReadResponse(r, &http.Request{Method: method})
	if err != nil {
		return answer{}, err
	}
	body, err := io.ReadAll(res.Body)
	if err != nil {
		return answer{}, err
	}
	if res.Header.Get("Content-Encoding") == "gzip" {
		z, err := gzip.NewReader(bytes.NewReader(body))
		if err != nil {
			return answer{}, err
		}
		if body, err = io.ReadAll(z); err != nil {
			return answer{}, err
		}
	}
	return answer{res.StatusCode, res.Header, string(body)}, nil
}

// do sends a request and looks at what every answer must be like.
func (s *stage) do(t testing.TB, a ask) answer {
	t.Helper()
	got := send(t, s.oriel, s.expand(t, s.oriel, a.text(t, s)), patience)
	s.harmless(t, got, false)
	return got.only(t)
}

// owner is do for who may see the vault.
func (s *stage) owner(t testing.TB, a ask) answer {
	t.Helper()
	got := send(t, s.oriel, s.expand(t, s.oriel, a.text(t, s)), patience)
	s.harmless(t, got, true)
	return got.only(t)
}

// harmless is what every answer must be, whatever was asked.
func (s *stage) harmless(t testing.TB, got answers, owner bool) {
	t.Helper()
	for _, a := range got.all {
		text := a.String()
		for _, what := range s.secrets.Search(canary.Public, t.Name(), text, got.sent) {
			t.Errorf("%s is in the answer: %.600s", what, text)
		}
		forbidden := hiddenWords
		if !owner {
			forbidden = append(forbidden, marks...)
		}
		for _, mark := range append(forbidden, internals...) {
			if strings.Contains(text, mark) && !strings.Contains(got.sent, mark) {
				t.Errorf("%q is in the answer: %.600s", mark, text)
			}
		}
		if a.status == http.StatusInternalServerError {
			t.Errorf("an internal error: %.600s", text)
		}
		a.sealed(t)
		if a.status < 400 && a.header.Get("Access-Control-Allow-Origin") == "*" && strings.Contains(a.header.Get("Content-Type"), "json") {
			t.Errorf("all pages may read data: %.600s", text)
		}
		if a.header.Get("Set-Cookie") != "" || a.header.Get("Access-Control-Allow-Credentials") != "" {
			t.Errorf("a cookie: %.600s", text)
		}
	}
}

// sealed wants the headers that every answer has. What net/http says by itself,
// when a request cannot be read, is one line of text.
func (a answer) sealed(t testing.TB) {
	t.Helper()
	if a.header.Get("Oriel-Request-Id") == "" {
		if a.status < 400 && a.body != "" || len(a.body) > 120 || !strings.HasPrefix(cmp.Or(a.header.Get("Content-Type"), "text/plain"), "text/plain") {
			t.Errorf("an answer that is not Oriel's: %.600s", a)
		}
		return
	}
	policy, referrer := a.header.Get("Content-Security-Policy"), a.header.Get("Referrer-Policy")
	html := strings.HasPrefix(a.header.Get("Content-Type"), "text/html")
	if html && a.status >= 400 { // a page that says why a frame shows nothing
		policy = strings.TrimSuffix(policy, " *")
	}
	switch {
	case a.header.Get("X-Content-Type-Options") != "nosniff":
		t.Errorf("browsers may guess what this is: %.600s", a)
	case !strings.Contains(policy, "default-src 'none'") || !strings.Contains(policy, "frame-ancestors") || strings.Contains(policy, "unsafe") || strings.Contains(policy, "*"):
		t.Errorf("the policy is %q: %.600s", policy, a)
	case referrer != "no-referrer" && referrer != "same-origin":
		t.Errorf("the referrer's policy is %q: %.600s", referrer, a)
	case html && (strings.Contains(a.body, "<script>") || strings.Contains(a.body, " onload=") || strings.Contains(a.body, "javascript:")):
		t.Errorf("a script within the page: %.600s", a)
	}
}

// internals are words of the program's inside.
var internals = []string{"goroutine ", "Go struct", "runtime error", ".go:", "SQLITE", "nil pointer", "internal/", "googleapis.com/auth"}

// A verdict looks at answers.
type verdict func(t testing.TB, got answers)

// status wants one answer of one of some statuses.
func status(codes ...int) verdict {
	return func(t testing.TB, got answers) {
		t.Helper()
		a := got.only(t)
		for _, code := range codes {
			if a.status == code {
				return
			}
		}
		t.Errorf("answered %d, want %v: %.600s", a.status, codes, a.body)
	}
}

// refused wants one answer that says no and holds no data.
func refused(t testing.TB, got answers) {
	t.Helper()
	a := got.only(t)
	if a.status < 400 || a.status > 499 {
		t.Errorf("answered %d, which is no refusal: %.600s", a.status, a.body)
	}
	if strings.Contains(a.body, `"rows"`) {
		t.Errorf("a refusal with rows: %.600s", a.body)
	}
}

// all wants all of several things.
func all(verdicts ...verdict) verdict {
	return func(t testing.TB, got answers) {
		t.Helper()
		for _, v := range verdicts {
			v(t, got)
		}
	}
}

// without wants none of some words in any answer, but those that were sent.
func without(words ...string) verdict {
	return func(t testing.TB, got answers) {
		t.Helper()
		for _, a := range got.all {
			for _, word := range words {
				if strings.Contains(a.String(), word) && !strings.Contains(got.sent, word) {
					t.Errorf("%q is in the answer: %.600s", word, a)
				}
			}
		}
	}
}

// with wants all of some words in the one answer.
func with(words ...string) verdict {
	return func(t testing.TB, got answers) {
		t.Helper()
		a := got.only(t)
		for _, word := range words {
			if !strings.Contains(a.String(), word) {
				t.Errorf("%q is not in the answer: %.600s", word, a)
			}
		}
	}
}

// A group is a table of attacks.
type group struct {
	name    string
	attacks []attack
}

// TestAdversary runs all groups. Groups run side by side, attacks of a group one
// after the other.
func TestAdversary(t *testing.T) {
	t.Cleanup(func() { shared.inspect(t) })
	for _, g := range groups() {
		t.Run(g.name, func(t *testing.T) {
			t.Parallel()
			for _, a := range g.attacks {
				t.Run(a.name, func(t *testing.T) { a.try(t, shared) })
			}
		})
	}
}

func (a attack) try(t *testing.T, s *stage) {
	if a.run != nil {
		a.run(t, s)
		return
	}
	text := cmp.Or(a.raw, a.ask.text(t, s))
	wait := patience
	if a.raw != "" {
		wait = time.Second // for what else might come
	}
	got := send(t, s.oriel, s.expand(t, s.oriel, text), wait)
	s.harmless(t, got, false)
	a.want(t, got)
}
