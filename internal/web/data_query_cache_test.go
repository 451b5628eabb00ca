package web

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/oriel-server/oriel/internal/access"
	"github.com/oriel-server/oriel/internal/protojson"
	"github.com/oriel-server/oriel/internal/report"
)

// A library answers the same query with the same report, as a cache does, and
// other queries with other numbers, so that an answer to another shows.
type library struct {
	mu    sync.Mutex
	known map[string]*report.Report
	asof  time.Time

	ledger access.Ledger // of all sites over the library; nil: each has its own
}

func (l *library) answer(_ context.Context, q report.Query) (*report.Report, error) {
	text, err := json.Marshal(q)
	if err != nil {
		return nil, err
	}
	key := fmt.Sprint(q.Account, " ", q.Property, " ", q.Realtime, string(text))
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.known[key] == nil {
		l.known[key] = &report.Report{Body: bodyOf(q, key), Rows: len(q.RangeNames()), FetchedAt: l.asof, Freshness: report.FreshIntraday, TimeZone: "UTC"}
	}
	return l.known[key], nil
}

// bodyOf is an answer with numbers that belong to the key alone, and long enough
// to be compressed.
func bodyOf(q report.Query, key string) []byte {
	h := fnv.New32a()
	_, _ = io.WriteString(h, key)
	type named map[string]string
	var dimensions, values, totals, metrics, numbers []named
	for _, d := range q.Dimensions {
		value := strings.Repeat("a page ", 200)
		if d.Name == "date" {
			value = "20261122"
		}
		dimensions, values, totals = append(dimensions, named{"name": d.Name}), append(values, named{"value": value}), append(totals, named{"value": "RESERVED_TOTAL"})
	}
	for i, m := range q.Metrics {
		metrics = append(metrics, named{"name": m.Name, "type": "TYPE_INTEGER"})
		numbers = append(numbers, named{"value": fmt.Sprint(h.Sum32() + uint32(i))})
	}
	names := q.RangeNames()
	row := func(of []named) (rows []map[string]any) {
		for _, name := range names {
			cells := slices.Clone(of)
			if len(names) > 1 {
				cells = append(cells, named{"value": name})
			}
			rows = append(rows, map[string]any{"dimensionValues": cells, "metricValues": numbers})
		}
		return rows
	}
	if len(names) > 1 {
		dimensions = append(dimensions, named{"name": report.RangeColumn})
	}
	body, err := json.Marshal(map[string]any{
		"dimensionHeaders": dimensions, "metricHeaders": metrics, "rows": row(values), "totals": row(totals), "rowCount": len(names),
		"metadata": named{"timeZone": "UTC"},
	})
	if err != nil {
		panic(err)
	}
	return body
}

// A sent is one request to both servers.
type sent struct {
	method, path, body string
	headers            map[string]string
	now                time.Time
}

func (a sent) to(s *site) *httptest.ResponseRecorder {
	s.now = a.now
	r := httptest.NewRequest(a.method, a.path, strings.NewReader(a.body))
	for name, value := range a.headers {
		if value != "" {
			r.Header.Set(name, value)
		}
	}
	w := httptest.NewRecorder()
	s.server.Handler().ServeHTTP(w, r)
	return w
}

// evening is three minutes before midnight, and five before tokens end.
var evening = time.Date(2026, 11, 23, 23, 57, 0, 0, time.UTC)

// librarySite is a site over a library, whose clock reads evening and which bounds
// nobody's requests.
func librarySite(t testing.TB, l *library) *site {
	s := newSiteWith(t, siteParts{decisions: forgetful{}, events: access.NewLogRecorder(slog.New(slog.DiscardHandler)), ledger: l.ledger}, func(c *Config) {
		c.Limits.Requests = Pace{1e9, 1 << 30}
		c.Limits.View = Pace{1e9, 1 << 30}
	})
	s.now, s.source.answer = evening, l.answer
	return s
}

// TestMemoryChangesNothing sends random requests at random times to a server that
// has answered all before them, and to one that has answered none: what they
// answer is the same, but for the request's number.
func TestMemoryChangesNothing(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	l := &library{known: map[string]*report.Report{}, asof: evening.Add(-time.Minute), ledger: access.NewMemoryLedger()}
	warm := librarySite(t, l)
	tokens := tokensFor(warm)
	codes, packed := map[int]int{}, 0
	for i := range 400 {
		a := anySent(r, tokens)
		got := a.to(warm)
		var want *httptest.ResponseRecorder
		t.Run(fmt.Sprint(i), func(t *testing.T) { want = a.to(librarySite(t, l)) })
		for _, h := range []http.Header{got.Header(), want.Header()} {
			if len(h.Get(requestIDHeader)) != 16 {
				t.Fatalf("number %q", h.Get(requestIDHeader))
			}
			h.Del(requestIDHeader)
		}
		if got.Code != want.Code || got.Body.String() != want.Body.String() || !reflect.DeepEqual(got.Header(), want.Header()) {
			t.Fatalf("%+v\n%d %v %s\nwithout memory\n%d %v %s", a, got.Code, got.Header(), got.Body, want.Code, want.Header(), want.Body)
		}
		codes[got.Code]++
		if got.Header().Get("Content-Encoding") == "gzip" {
			packed++
		}
	}
	if codes[200] < 100 || codes[400] < 20 || codes[401] < 20 || codes[403] < 20 || packed < 20 {
		t.Errorf("answers by status %v, %d compressed: the test looks at too little", codes, packed)
	}
	for what, n := range map[string]int{
		"questions": warm.server.queries.entries.EstimatedSize(),
	} {
		if n == 0 {
			t.Errorf("no %s are remembered", what)
		}
	}
}

func tokensFor(s *site) []string {
	minted := func(request string) string {
		return s.minted(s.do("POST", "/v1/tokens", request, "Authorization: Bearer "+hostKey))
	}
	filter := func(country string) string {
		return `,"filter":{"filter":{"fieldName":"country","stringFilter":{"value":"` + country + `"}}}`
	}
	all := minted(`{"views":["shop","blog","secret"],"dashboards":[{"name":"overview","views":["shop","blog"]},"private"]}`)
	return []string{
		"", "garbage", all, all, all,
		minted(`{"views":["shop"]}`),
		minted(`{"views":["shop"],"dashboards":[{"name":"overview","views":["shop","blog"]}]` + filter("Spain") + `}`),
		minted(`{"views":["shop"],"dashboards":[{"name":"overview","views":["shop","blog"]}]` + filter("Chile") + `}`),
		minted(`{"views":["shop","blog"],"origin":"` + shopOrigin + `"}`),
		minted(`{"views":["blog"],"expires_in":120}`),
		s.minted(s.do("GET", "/token?view=shop", "", "Origin: "+shopOrigin)),
	}
}

const oftenAsked = `{"metrics":[{"name":"sessions"}],"dimensions":[{"name":"pageTitle"},{"name":"date"}],"dateRanges":[{"startDate":"7daysAgo","endDate":"today"}]}`

func anySent(r *rand.Rand, tokens []string) sent {
	any := func(list ...string) string { return list[r.IntN(len(list))] }
	a := sent{method: "POST", now: evening.Add([]time.Duration{
		0, time.Minute, 2*time.Minute + 5*time.Second, 3*time.Minute - time.Second, 3 * time.Minute, 4 * time.Minute,
		5*time.Minute + 4*time.Second, 5*time.Minute + 5*time.Second,
	}[min(r.IntN(20), 7)%(1+r.IntN(8))])}
	a.headers = map[string]string{"Origin": any("", "", "", "", shopOrigin, shopOrigin, otherOrigin, ownOrigin, "https://evil.example"), "Accept-Encoding": any("", "gzip")}
	if token := any(tokens...); token != "" {
		a.headers["Authorization"] = "Bearer " + token
	}
	view := any("shop", "shop", "shop", "blog", "secret", "ga:123", "424242", "nothing")
	question := any(
		oftenAsked, oftenAsked, oftenAsked,
		`{"metrics":[{"name":"sessions"}],"dimensions":[{"name":"pageTitle"}],"dateRanges":[{"startDate":"2026-11-01","endDate":"yesterday"}],"limit":"7"}`,
		`{"metrics":[{"name":"sessions"}],"dateRanges":[{"startDate":"today","endDate":"yesterday"}]}`,
		`{"metrics":[{"name":"activeUsers"}]}`, `{"metrics":[{"nome":"sessions"}]}`, `{`, ``, strings.Repeat("[", protojson.MaxDepth+1))
	if r.IntN(2) == 0 { // the usual, to have something to remember
		view, question = "shop", oftenAsked
		a.headers["Origin"], a.headers["Authorization"] = any("", shopOrigin), "Bearer "+any(tokens[2:]...)
	}
	switch r.IntN(6) {
	case 0:
		a.path, a.body = "/v1/views/"+view+":batchRunReports", `{"requests":[`+question+`,`+question+`]}`
	case 1:
		a.path, a.body = "/v1/views/"+view+":runRealtimeReport", question
	case 2:
		a.method, a.path = "GET", "/analytics/v3/data/ga?ids="+any("ga:123", "ga:77", "ga:9")+"&dimensions="+any("ga:date", "ga:pageTitle", "")+
			"&metrics="+any("ga:sessions", "ga:users", "ga:nonsense")+"&start-date="+any("today", "7daysAgo", "2026-11-20")+"&end-date="+any("today", "2026-11-22")
		if token := strings.TrimPrefix(a.headers["Authorization"], "Bearer "); r.IntN(2) == 0 && token != "" {
			a.path += "&access_token=" + token
			delete(a.headers, "Authorization")
		}
	case 3:
		a.method, a.path = "GET", "/v1/dashboards/"+any("overview", "private")+any("", "?view=shop", "?view=blog&range=7d", "?range=nonsense")
	default:
		a.path, a.body = "/v1/views/"+view+":runReport", question
	}
	return a
}

// A remembered question is asked anew when the day is over where the property is,
// in the form of today and in that of Universal Analytics.
func TestMemoryEndsAtMidnight(t *testing.T) {
	l := &library{known: map[string]*report.Report{}, asof: evening}
	s := librarySite(t, l)
	token := "Bearer " + s.token("shop")
	for _, a := range []sent{
		{method: "POST", path: "/v1/views/shop:runReport", body: `{"metrics":[{"name":"sessions"}],"dateRanges":[{"startDate":"today","endDate":"today"}]}`},
		{method: "GET", path: "/v3/data/ga?ids=ga:123&metrics=ga:sessions&start-date=today&end-date=today"},
		{method: "GET", path: "/v1/dashboards/overview"},
	} {
		a.headers = map[string]string{"Authorization": token}
		if s.now = evening; strings.Contains(a.path, "dashboards") {
			a.headers["Authorization"] = "Bearer " + s.boardToken()
		}
		asked := func(now time.Time) string {
			s.source.queries, a.now = nil, now
			if w := a.to(s); w.Code != 200 {
				t.Fatalf("%s: %d %s", a.path, w.Code, w.Body)
			}
			var days []string
			for _, q := range s.source.queries {
				for _, d := range q.DateRanges {
					days = append(days, d.EndDate)
				}
			}
			return slices.Max(days)
		}
		before, again, after := asked(evening), asked(evening.Add(3*time.Minute-1)), asked(evening.Add(3*time.Minute))
		if before != again || before >= after {
			t.Errorf("%s: %s, %s, and after midnight %s", a.path, before, again, after)
		}
	}
}

// Compressed answers are those of the bytes that were given, once for all who get them.
func TestPacker(t *testing.T) {
	p := newGzipPools(2)
	for i := range 200 {
		plain := []byte(strings.Repeat(fmt.Sprint("answer ", i, " "), 50+i))
		kept, all := &report.Report{Body: plain, Encoded: new(report.Encodings)}, &sharedBody{plain: plain}
		for what, b := range map[string]body{
			"kept": bodyOfReport(kept), "a copy": bodyOfReport(new(*kept)), "not kept": bodyOfReport(&report.Report{Body: plain}),
			"made": privateBody(plain), "in pieces": privateBody(plain[:20], plain[20:]), "shared": all.body(), "its end is": partialBody(plain[:7], all),
		} {
			z, err := gzip.NewReader(bytes.NewReader(p.gzip(b)))
			must(t, err)
			got, err := io.ReadAll(z)
			must(t, err)
			if !bytes.Equal(got, b.join()) {
				t.Fatalf("answer %d, %s: %d bytes became %d", i, what, b.size(), len(got))
			}
		}
		if again := p.gzip(bodyOfReport(kept)); &again[0] != &p.gzip(bodyOfReport(kept))[0] || &again[0] != &p.gzip(bodyOfReport(new(*kept)))[0] {
			t.Fatal("a report that is kept is compressed again")
		}
		if other := kept.WithBody(plain[:40], 1); bytes.Equal(p.gzip(bodyOfReport(other)), p.gzip(bodyOfReport(kept))) {
			t.Fatal("another body has the same compressed form")
		}
	}
}

func TestWithoutToken(t *testing.T) {
	for parameters, want := range map[string]string{
		"":                                "",
		"a=1&b=2":                         "a=1&b=2",
		"access_token=x":                  "",
		"a=1&access_token=x&b=2":          "a=1&b=2",
		"a=access_token=x":                "a=access_token=x",
		"access_token=x&access_token=y&a": "a",
	} {
		if got := stripToken(parameters); got != want {
			t.Errorf("%q became %q, want %q", parameters, got, want)
		}
	}
}

// Answers in the form of Universal Analytics are those of the reports that they
// are made of: other narrowings, and newer reports, have others.
func TestTranslatedAnswersAreNotMixedUp(t *testing.T) {
	l := &library{known: map[string]*report.Report{}, asof: evening}
	s := librarySite(t, l)
	minted := func(country string) string {
		return s.minted(s.do("POST", "/v1/tokens", `{"views":["shop","blog"],"filter":{"filter":{"fieldName":"country","stringFilter":{"value":"`+country+`"}}}}`,
			"Authorization: Bearer "+hostKey))
	}
	answers := map[string]string{}
	ask := func(who, token string) string {
		t.Helper()
		a := sent{method: "GET", now: evening, headers: map[string]string{"Authorization": "Bearer " + token},
			path: "/v3/data/ga?ids=ga:123&dimensions=ga:date&metrics=ga:sessions&start-date=2026-11-22&end-date=2026-11-22"}.to(s)
		if a.Code != 200 {
			t.Fatalf("%s: %d %s", who, a.Code, a.Body)
		}
		if answers[who] == "" {
			answers[who] = a.Body.String()
		}
		if a.Body.String() != answers[who] {
			t.Errorf("%s got %s\nand before %s", who, a.Body, answers[who])
		}
		return a.Body.String()
	}
	spain, chile, all := minted("Spain"), minted("Chile"), s.token("shop")
	for range 3 {
		if a, b, c := ask("Spain", spain), ask("Chile", chile), ask("all", all); a == b || b == c || a == c {
			t.Fatalf("one narrowing's answer is another's:\n%s\n%s\n%s", a, b, c)
		}
	}
	before := answers["all"]
	answers = map[string]string{}
	s.source.answer = func(ctx context.Context, q report.Query) (*report.Report, error) {
		q.Limit++ // so that the numbers are others
		return l.answer(ctx, q)
	}
	if ask("all", all) == before {
		t.Error("an old answer is given though there is a newer report")
	}
}
