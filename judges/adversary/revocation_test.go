package adversary

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/oriel-server/oriel/judges/house"
)

// A minted token and what it is answered.
func (s *stage) opens(t testing.TB, server *house.Server, embed string) int {
	t.Helper()
	return s.at(t, server, ask{path: probe, as: literal(embed)}).status
}

func (s *stage) renews(t testing.TB, server *house.Server, embed string) int {
	t.Helper()
	return s.at(t, server, ask{method: "POST", path: "/v1/tokens:renew", as: literal(embed), head: []string{"Content-Length: 0"}}).status
}

// revocations ends sessions in every way. Each end holds for the next request, for
// renewing, and after a restart; others' sessions go on.
func revocations(t *testing.T, s *stage) {
	const fixed = "public_url: http://oriel.example\n"
	dir := "revoked"
	server, err := s.open(dir, fixed+configuration)
	must(t, err)
	mint := func(host, subject string) string {
		return s.mint(t, server, host, fmt.Sprintf(`{"views":["shop"],"subject":%q}`, subject))
	}
	_, claims := s.taken(t, mint("agency", "one"))
	spared := mint("agency", "spared")
	bySession, bySubject, byHost, byKey, public := mint("agency", "one"), mint("agency", "two"), mint("clerk", "three"), mint("banker", "four"), s.publicToken(t, server, "view=shop")
	_, claims = s.taken(t, bySession)
	for name, end := range map[string]struct{ body, embed string }{
		"session": {fmt.Sprintf(`{"kind":"session","name":%q}`, claims["sid"]), bySession},
		"subject": {`{"kind":"subject","name":"two","host":"agency"}`, bySubject},
		"host":    {`{"kind":"host","name":"clerk"}`, byHost},
		"key":     {fmt.Sprintf(`{"kind":"key","name":%q}`, s.hashes["banker"][:12]), byKey},
	} {
		if code := s.opens(t, server, end.embed); code != http.StatusOK {
			t.Fatalf("%s: before it is revoked a token is answered %d", name, code)
		}
		if code, text := s.operate(t, server, "POST", "/revocations", end.body); code != http.StatusCreated {
			t.Fatalf("revoking a %s is answered %d %s", name, code, text)
		}
		if code := s.opens(t, server, end.embed); code != http.StatusUnauthorized {
			t.Errorf("%s: after it is revoked a token is answered %d", name, code)
		}
	}
	if a := s.at(t, server, ask{path: "/v1/tokens", body: `{"views":["shop"]}`, as: apiKey("banker")}); a.status < 400 {
		t.Errorf("a revoked key mints: %v", a)
	}
	must(t, server.Close())
	again, err := house.OpenServer(s.program, server.Dir, house.Config{Google: s.google, Key: s.key, Rest: s.section(fixed + configuration)})
	must(t, err)
	t.Cleanup(func() { must(t, again.Close()) })
	for name, embed := range map[string]string{"session": bySession, "subject": bySubject, "host": byHost, "key": byKey} {
		if opens, renews := s.opens(t, again, embed), s.renews(t, again, embed); opens != http.StatusUnauthorized || renews != http.StatusUnauthorized {
			t.Errorf("%s: after a restart a revoked token is answered %d, its renewal %d", name, opens, renews)
		}
	}
	for name, embed := range map[string]string{"another": spared, "a visitor": public} {
		if code := s.opens(t, again, embed); code != http.StatusOK {
			t.Errorf("the session of %s, which nobody revoked, is answered %d", name, code)
		}
	}
	if code, text := s.operate(t, again, "POST", "/revocations", `{"kind":"view","name":"shop"}`); code != http.StatusCreated {
		t.Fatalf("%d %s", code, text)
	}
	for name, embed := range map[string]string{"a host": spared, "a visitor": public} {
		if opens, renews := s.opens(t, again, embed), s.renews(t, again, embed); opens != http.StatusUnauthorized || renews != http.StatusUnauthorized {
			t.Errorf("view: a token of %s is answered %d, its renewal %d", name, opens, renews)
		}
	}
}

// ledgerGone takes the ledger away from a running server: nothing is served that
// needs it, and nothing is minted.
func ledgerGone(t *testing.T, s *stage) {
	server := s.another(t, configuration)
	embed := s.mint(t, server, "agency", `{"views":["shop"]}`)
	if code := s.opens(t, server, embed); code != http.StatusOK {
		t.Fatalf("before, a token is answered %d", code)
	}
	ledgers, err := filepath.Glob(filepath.Join(server.Dir, "oriel-ledger.db*"))
	must(t, err)
	if len(ledgers) == 0 {
		t.Fatal("there is no ledger to take away")
	}
	for _, name := range ledgers {
		must(t, os.Rename(name, name+".away"))
		must(t, os.Mkdir(name, 0o700)) // in its place, so that none is made anew
	}
	deadline := time.Now().Add(30 * time.Second)
	for s.opens(t, server, embed) == http.StatusOK {
		if time.Now().After(deadline) {
			t.Fatal("without a ledger a token is answered all the same")
		}
		time.Sleep(100 * time.Millisecond)
	}
	for name, a := range map[string]ask{
		"a report":  {path: "/v1/views/shop:runReport", body: anything, as: literal(embed)},
		"v3":        {path: "/v3/data/ga?ids=ga:77&metrics=ga:sessions", as: literal(embed)},
		"v4":        {path: "/v4/reports:batchGet", body: strings.ReplaceAll(v4Hosts, "$GA", "77"), as: literal(embed)},
		"the page":  {path: "/embed/overview?token=" + embed},
		"minting":   {path: "/v1/tokens", body: `{"views":["shop"]}`, as: apiKey("agency")},
		"renewing":  {method: "POST", path: "/v1/tokens:renew", as: literal(embed), head: []string{"Content-Length: 0"}},
		"a visitor": {path: "/token?view=shop", head: []string{"Origin: " + shopOrigin}},
	} {
		if a := s.at(t, server, a); a.status != http.StatusServiceUnavailable || strings.Contains(a.body, "rows") {
			t.Errorf("%s is answered %v", name, a)
		}
	}
	if code, text := s.operate(t, server, "GET", "/readyz", ""); code != http.StatusServiceUnavailable || !strings.Contains(text, "ledger") {
		t.Errorf("operators read %d %s", code, text)
	}
}

// rotation makes new keys under a running server: who has a token is not refused,
// and after the next rotation the first key is good for nothing.
func rotation(t *testing.T, s *stage) {
	server := s.another(t, configuration)
	config := filepath.Join(server.Dir, "oriel.yaml")
	old := s.mint(t, server, "agency", `{"views":["shop"]}`)
	oldHeader, _ := s.taken(t, old)
	rotate := func(more ...string) {
		out, err := house.Run(s.program, append([]string{"keys", "rotate", "-config", config}, more...)...)
		if err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		must(t, s.secrets.AddSigningKeys(server.Dir))
	}
	newKey := func() string {
		header, _ := s.taken(t, s.mint(t, server, "agency", `{"views":["shop"]}`))
		return fmt.Sprint(header["kid"])
	}
	rotate()
	s.until(t, "the new key signs", func() bool {
		if code := s.opens(t, server, old); code != http.StatusOK {
			t.Fatalf("a viewer is refused with %d", code)
		}
		return newKey() != fmt.Sprint(oldHeader["kid"])
	})
	rotate("-at-once")
	s.until(t, "the old key is good for nothing", func() bool { return s.opens(t, server, old) == http.StatusUnauthorized })
	if fresh := s.mint(t, server, "agency", `{"views":["shop"]}`); s.opens(t, server, fresh) != http.StatusOK {
		t.Error("a new token is refused")
	}
}

func (s *stage) until(t *testing.T, what string, done func() bool) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); !done(); time.Sleep(100 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("never: %s", what)
		}
	}
}

// withdrawn starts a server anew with less to offer: tokens of before are held to
// it.
func withdrawn(t *testing.T, s *stage) {
	const fixed = "public_url: http://oriel.example\n"
	server, err := s.open("withdrawn", fixed+configuration)
	must(t, err)
	host, public := s.mint(t, server, "clerk", `{"views":["shop"]}`), s.publicToken(t, server, "view=shop")
	must(t, server.Close())
	less := strings.Replace(s.section(fixed+configuration), "public: questions", "public: false", 1)
	less = strings.Replace(less, "views: [shop], dashboards: [overview]}", "views: [narrow]}", 1)
	again, err := house.OpenServer(s.program, server.Dir, house.Config{Google: s.google, Key: s.key, Rest: less})
	must(t, err)
	t.Cleanup(func() { must(t, again.Close()) })
	for name, embed := range map[string]string{"a host that may not any more": host, "a visitor of a view that is not public": public} {
		if opens, renews := s.opens(t, again, embed), s.renews(t, again, embed); opens < 400 || renews < 400 {
			t.Errorf("%s is answered %d, renewed %d", name, opens, renews)
		}
	}
}
