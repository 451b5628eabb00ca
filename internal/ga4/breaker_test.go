package ga4

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/oriel-server/oriel/internal/report"
)

// withErrorsLeft answers like oneRow, and how many server errors are left.
func withErrorsLeft(left int) func(http.ResponseWriter, request) {
	return func(w http.ResponseWriter, r request) {
		_, _ = io.WriteString(w, strings.Replace(rowFor(r.body), `"rowCount"`,
			fmt.Sprintf(`"propertyQuota":{"serverErrorsPerProjectPerHour":{"consumed":0,"remaining":%d}},"rowCount"`, left), 1))
	}
}

// TestABlip: Google that fails for two seconds is asked again within a minute, one
// question first, and then by everybody.
func TestABlip(t *testing.T) {
	g := newGoogle(t, refuse(503, "UNAVAILABLE", "The service is currently unavailable.", ""))
	ask := func() *report.Error {
		_, err := g.client.Report(t.Context(), report.NewQuestion(question(0), nil))
		return report.AsError(err)
	}
	for range 10 {
		if e := ask(); e == nil || e.Kind != report.Unavailable {
			t.Fatalf("%v", e)
		}
	}
	if n := len(g.seen()); n > 4 {
		t.Errorf("asked %d times in vain", n)
	}
	e := ask()
	if e.RetryAfter <= 0 || e.RetryAfter > time.Minute || e.Message != "Google Analytics is not answering. Please try again in 15 seconds." ||
		!strings.Contains(e.Error(), "Google answered 503: The service is currently unavailable.") {
		t.Errorf("%+v: %v", e, e)
	}
	g.answer = oneRow
	g.clock.add(e.RetryAfter)
	for range 20 {
		if e := ask(); e != nil {
			t.Fatalf("Google is well again: %v", e)
		}
	}
}

// TestARefusalIsAnOutage: a Google that refuses whatever is asked is left alone as one
// that fails, says until when, and is asked again within a minute.
func TestARefusalIsAnOutage(t *testing.T) {
	for name, c := range map[string]struct {
		answer func(http.ResponseWriter, request)
		kind   report.Kind
		cause  string
	}{
		"api disabled": {refuse(403, "PERMISSION_DENIED", apiIsOff, "SERVICE_DISABLED"), report.Misconfigured, "enable the API in the Google Cloud project of robot@example.com"},
		"scope":        {refuse(403, "PERMISSION_DENIED", "Request had insufficient authentication scopes.", ""), report.Misconfigured, "give robot@example.com the scope"},
		"another 403":  {refuse(403, "PERMISSION_DENIED", "The caller does not have permission", ""), report.Misconfigured, "The caller does not have permission"},
		"401":          {refuse(401, "UNAUTHENTICATED", "Request had invalid authentication credentials.", ""), report.Misconfigured, "refused a new access token"},
		"not found":    {refuse(404, "NOT_FOUND", "Requested entity was not found.", ""), report.Misconfigured, "that the property exists"},
		"no id":        {refuse(400, "INVALID_ARGUMENT", "Invalid property ID: 123456. A numeric Property ID is required.", ""), report.Misconfigured, "correct the property id"},
		"no access":    {refuse(403, "PERMISSION_DENIED", "User does not have sufficient permissions for this property.", ""), report.NoAccess, "add robot@example.com as Viewer"},
	} {
		t.Run(name, func(t *testing.T) {
			g := newGoogle(t, c.answer)
			ask := func(n int) *report.Error {
				_, err := g.client.Report(t.Context(), report.NewQuestion(question(n), nil))
				return report.AsError(err)
			}
			for n := range 10 {
				if e := ask(n); e == nil || e.Kind != c.kind || e.Message != unreadable || !strings.Contains(e.Error(), c.cause) {
					t.Fatalf("question %d: %v", n, e)
				}
			}
			if n := len(g.seen()); n > 2*tripAfter {
				t.Errorf("asked %d times in vain", n)
			}
			e := ask(10)
			if e.RetryAfter <= 0 || e.RetryAfter > time.Minute {
				t.Errorf("retry after %v", e.RetryAfter)
			}
			if all := g.client.Incidents(); len(all) != 1 || !all[0].Again.Equal(g.clock.Now().Add(e.RetryAfter)) || !all[0].Since.Equal(noon) {
				t.Errorf("%+v", all)
			}
			before := len(g.seen())
			g.clock.add(e.RetryAfter)
			_, _ = ask(11), ask(12)
			if n := len(g.seen()) - before; n < 1 || n > 2 {
				t.Errorf("%d requests where one question tries", n)
			}
			g.answer = oneRow
			g.clock.add(time.Minute)
			for n := range 20 {
				if e := ask(n); e != nil {
					t.Fatalf("Google is well again: %v", e)
				}
			}
		})
	}
}

// TestOldTokensAreNoOutage: access tokens that end while many ask are renewed, and no
// word about the property.
func TestOldTokensAreNoOutage(t *testing.T) {
	var g breakers
	for range maxRunning {
		p, err := g.of(one).acquire(t.Context(), "", false, report.HostDashboard, func() time.Time { return noon })
		if err != nil {
			t.Fatal(err)
		}
		if _, is := g.of(one).release(p, &failure{outcome: unauthenticated, status: 401, renewing: true}, noon); is != nil || g.of(one).circuits.open() {
			t.Errorf("the circuit is broken: %+v", is)
		}
	}
}

// TestOneOutageOneSentence: whoever asks in an outage reads the same sentence, and when
// to come back is what Retry-After says.
func TestOneOutageOneSentence(t *testing.T) {
	g := newGoogle(t, refuse(503, "UNAVAILABLE", "x", ""))
	for n := range 13 {
		_, err := g.client.Report(t.Context(), report.NewQuestion(question(n), nil))
		e := report.AsError(err)
		if want := "Google Analytics is not answering. Please try again " + after(e.RetryAfter) + "."; e.Message != want || e.RetryAfter == 0 {
			t.Errorf("after %v: %q with %v", g.clock.Now().Sub(noon), e.Message, e.RetryAfter)
		}
		g.clock.add(time.Second)
	}
}

// TestAProbeIsOne: while one question tries, the others are to come back in a
// moment.
func TestAProbeIsOne(t *testing.T) {
	h := newHeld(t, oneRow)
	h.answer = refuse(503, "UNAVAILABLE", "x", "")
	for n := range tripAfter {
		_, _ = h.client.Report(t.Context(), report.NewQuestion(question(n), nil))
	}
	asked := len(h.seen())
	h.answer = func(w http.ResponseWriter, r request) {
		h.arrived <- r
		<-h.release
		oneRow(w, r)
	}
	h.clock.add(time.Minute)
	probe := h.ask(t.Context(), question(1))
	<-h.arrived
	if _, err := h.client.Report(t.Context(), report.NewQuestion(question(2), nil)); report.KindOf(err) != report.Unavailable || report.AsError(err).RetryAfter > 10*time.Second {
		t.Errorf("beside the probe: %v", err)
	}
	h.let(2)
	h.expect(probe, question(1))
	h.expect(h.ask(t.Context(), question(2)), question(2))
	if n := len(h.seen()) - asked; n != 2 {
		t.Errorf("asked %d times, want 2", n)
	}
}

// TestOneInTwenty: one answer in twenty that fails costs nobody anything, as long as
// Google's count allows.
func TestOneInTwenty(t *testing.T) {
	var n, errors atomic.Int64
	g := newGoogle(t, nil)
	g.answer = func(w http.ResponseWriter, r request) {
		if n.Add(1)%20 == 0 {
			errors.Add(1)
			page(502, "Bad Gateway")(w, r)
			return
		}
		oneRow(w, r)
	}
	for i := range 2_000 {
		if _, err := g.client.Report(t.Context(), report.NewQuestion(question(i), nil)); err != nil {
			t.Fatalf("question %d: %v", i, err)
		}
		g.clock.add(time.Second)
	}
	if errors.Load() < 100 {
		t.Errorf("%d failed", errors.Load())
	}
}

// TestCountFollowsGoogles: what Google says is left goes before our own count.
func TestCountFollowsGoogles(t *testing.T) {
	g := newGoogle(t, nil)
	ask := func() *report.Error {
		_, err := g.client.Report(t.Context(), report.NewQuestion(question(0), nil))
		return report.AsError(err)
	}
	fail := func(n int) {
		for range n {
			g.answer = refuse(500, "INTERNAL", "x", "")
			_ = ask()
			g.clock.add(time.Minute)
		}
	}
	// Others who use the project have left two.
	g.answer = withErrorsLeft(2)
	if e := ask(); e != nil {
		t.Fatal(e)
	}
	before := len(g.seen())
	fail(5)
	if n := len(g.seen()) - before; n != 1 {
		t.Errorf("%d errors though Google left 2: the last is not ours to use", n)
	}
	if e := ask(); e == nil || e.RetryAfter < 50*time.Minute || !strings.Contains(e.Message, "in about 5") {
		t.Errorf("%+v", e)
	}
	g.clock.add(time.Hour)
	// Google's hour is over before ours.
	fail(5)
	g.answer = withErrorsLeft(10)
	if e := ask(); e != nil {
		t.Fatal(e)
	}
	before = len(g.seen())
	fail(8)
	if n := len(g.seen()) - before; n < 6 {
		t.Errorf("%d errors though Google left 10", n)
	}
}

// TestBreaker: under any sequence of faults, Google's count of errors is never
// exceeded, and a property that Google answers about is never shut for more than a
// minute while the count allows asking; a question that fails alone is, within the hour.
func TestBreaker(t *testing.T) {
	for seed := range uint64(300) {
		r := &randomRequests{t: t, seed: seed, dice: rand.New(rand.NewPCG(seed, 1)), now: noon}
		r.run()
	}
}

// randomRequests sends random requests through a breaker to a Google that counts by a sliding hour.
type randomRequests struct {
	t        *testing.T
	seed     uint64
	dice     *rand.Rand
	now      time.Time
	breakers breakers
	running  []ticket
	before   []int       // errors left when those that run began
	errors   []time.Time // as Google counts
	free     time.Time   // since when nothing was let in; zero: something was
}

var one = quotaKey{"a", "1", core}

func (r *randomRequests) run() {
	down := 0.0
	for range 2_000 {
		if r.dice.IntN(40) == 0 {
			down = []float64{0, 0, .05, .5, 1}[r.dice.IntN(5)]
		}
		r.step(down)
	}
}

func (r *randomRequests) step(down float64) {
	switch r.dice.IntN(4) {
	case 0, 1:
		r.begin()
	case 2:
		r.end(down)
	default:
		r.now = r.now.Add(time.Duration(r.dice.IntN(int([]time.Duration{time.Second, time.Minute, 20 * time.Minute}[r.dice.IntN(3)]))))
	}
}

func (r *randomRequests) left() int {
	n := 10
	for _, at := range r.errors {
		if r.now.Sub(at) < time.Hour {
			n--
		}
	}
	return n
}

func (r *randomRequests) begin() {
	ctx, cancel := context.WithCancel(context.Background())
	cancel() // who would wait for a request that runs leaves
	p, err := r.breakers.of(one).acquire(ctx, strconv.Itoa(r.dice.IntN(3)), false, report.HostDashboard, func() time.Time { return r.now })
	if err == nil {
		r.running, r.before, r.free = append(r.running, p), append(r.before, r.left()), time.Time{}
		return
	}
	if err.Kind == report.Canceled {
		return
	}
	if len(r.running) > 0 || r.left() <= 1 {
		r.free = time.Time{}
		return
	}
	if err.RetryAfter <= 0 || err.RetryAfter > longestRest {
		r.t.Fatalf("seed %d: a question is shut for %v: %v", r.seed, err.RetryAfter, err)
	}
	if err = r.breakers.of(one).check(false, report.HostDashboard, r.now); err == nil {
		r.free = time.Time{}
		return
	}
	if r.free.IsZero() {
		r.free = r.now
	}
	if err.RetryAfter <= 0 || err.RetryAfter > time.Minute {
		r.t.Fatalf("seed %d: shut for %v with %d errors left: %v", r.seed, err.RetryAfter, r.left(), err)
	}
	if r.now.Sub(r.free) > time.Minute {
		r.t.Fatalf("seed %d: shut since %v with %d errors left: %v", r.seed, r.now.Sub(r.free), r.left(), err)
	}
}

func (r *randomRequests) end(down float64) {
	if len(r.running) == 0 {
		return
	}
	i := r.dice.IntN(len(r.running))
	p, before := r.running[i], r.before[i]
	r.running, r.before = slices.Delete(r.running, i, i+1), slices.Delete(r.before, i, i+1)
	if r.dice.Float64() >= down {
		r.breakers.of(one).release(p, nil, r.now)
		r.breakers.of(one).correct(p, Bucket{Remaining: int64(max(r.left(), before))}, r.now)
		return
	}
	kinds := []*failure{
		{outcome: serverError, status: 500}, {outcome: notGoogle, status: 503}, {outcome: unreachable, cause: context.Canceled}, {outcome: timedOut},
		{outcome: notGoogle, status: 403}, {outcome: notGoogle, status: 502}, {outcome: invalid, status: 400},
	}
	f := kinds[r.dice.IntN(len(kinds))]
	if f.outcome == serverError { // a page is not what Google counts
		r.errors = append(r.errors, r.now)
		if r.left() < 1 {
			r.t.Fatalf("seed %d: Google's count is used up", r.seed)
		}
	}
	r.breakers.of(one).release(p, f, r.now)
}

// TestLateFailuresDoNotProlong: requests that were running when the circuit broke do
// not put off the probe.
func TestLateFailuresDoNotProlong(t *testing.T) {
	var g breakers
	entered := 0
	enter := func(at time.Time) (ticket, error) {
		entered++
		p, err := g.of(one).acquire(t.Context(), strconv.Itoa(entered), false, report.HostDashboard, func() time.Time { return at })
		if err != nil {
			return p, err
		}
		return p, nil
	}
	var running []ticket
	for range maxRunning {
		p, err := enter(noon)
		if err != nil {
			t.Fatal(err)
		}
		running = append(running, p)
	}
	for i, p := range running {
		was, is := g.of(one).release(p, &failure{outcome: unreachable, cause: io.EOF}, noon.Add(time.Duration(i)*time.Second))
		if (was == nil && is != nil) != (i == tripAfter-1) {
			t.Errorf("failure %d: %+v, %+v", i, was, is)
		}
	}
	if _, err := enter(noon.Add((tripAfter-1)*time.Second + firstRest)); err != nil {
		t.Error(err)
	}
}

// TestRetriesHaveABudget: a Google that fails every other time is not asked twice as
// often.
func TestRetriesHaveABudget(t *testing.T) {
	var n atomic.Int64
	g := newGoogle(t, func(w http.ResponseWriter, r request) {
		if n.Add(1)%2 == 0 {
			panic(http.ErrAbortHandler)
		}
		oneRow(w, r)
	})
	const questions = 200
	for i := range questions {
		_, _ = g.client.Report(t.Context(), report.NewQuestion(question(i), nil))
	}
	if n := len(g.seen()); n > questions+questions/4+int(maxRetries)+1 {
		t.Errorf("%d requests for %d questions", n, questions)
	}
}

// TestOneQuestionFailsAlone: whoever asks again and again what Google cannot answer
// shuts the property for nobody else.
func TestOneQuestionFailsAlone(t *testing.T) {
	bad := func(r request) bool { return strings.Contains(string(r.body), `"offset":"666"`) }
	g := newGoogle(t, func(w http.ResponseWriter, r request) {
		if bad(r) {
			writeError(w, 502, "INTERNAL", "x", "")
			return
		}
		oneRow(w, r)
	})
	for n := range 60 {
		_, err := g.client.Report(t.Context(), report.NewQuestion(question(666), nil))
		if report.KindOf(err) != report.Unavailable {
			t.Fatalf("the bad question: %v", err)
		}
		if _, err := g.client.Report(t.Context(), report.NewQuestion(question(n), nil)); err != nil {
			t.Fatalf("after %d times, another: %v", n+1, err)
		}
		g.clock.add(time.Second)
	}
	asked := 0
	for _, r := range g.seen() {
		if bad(r) {
			asked++
		}
	}
	if asked > 12 {
		t.Errorf("Google was asked %d times within a minute what it cannot answer", asked)
	}
}

// TestOnlyGooglesErrorsAreCounted: a proxy's pages do not use up what Google counts.
func TestOnlyGooglesErrorsAreCounted(t *testing.T) {
	g := newGoogle(t, page(503, "Proxy"))
	for n := range 90 {
		_, _ = g.client.Report(t.Context(), report.NewQuestion(question(n), nil))
		g.clock.add(4 * time.Second)
	}
	g.answer = oneRow
	g.clock.add(laterRest)
	if _, err := g.client.Report(t.Context(), report.NewQuestion(question(1000), nil)); err != nil {
		t.Errorf("a minute after the proxy is well again: %v", err)
	}
}

// TestWhatGoogleDoesNotImplement is the question's fault, and not asked twice.
func TestWhatGoogleDoesNotImplement(t *testing.T) {
	g := newGoogle(t, refuse(501, "UNIMPLEMENTED", "Not that.", ""))
	for range 5 {
		if _, err := g.client.Report(t.Context(), report.NewQuestion(question(0), nil)); report.KindOf(err) != report.Invalid {
			t.Fatal(err)
		}
	}
	if n := len(g.seen()); n != 5 {
		t.Errorf("asked %d times for 5 questions", n)
	}
}

// TestBadQuestionsCloseNoProperty: what Google fails at again and again, asked by
// somebody who doesn't stop, is asked more and more rarely, and leaves Google's count of
// errors to the others, who are answered all the while.
func TestBadQuestionsCloseNoProperty(t *testing.T) {
	for bad := 1; bad <= 3; bad++ {
		for _, between := range []bool{true, false} {
			failing, refused := 0, 0
			g := newGoogle(t, nil)
			g.answer = func(w http.ResponseWriter, r request) {
				if strings.Contains(string(r.body), `"offset":"66`) {
					failing++
					writeError(w, 500, "INTERNAL", "Internal error encountered.", "")
					return
				}
				oneRow(w, r)
			}
			early := 0
			for n := range 600 {
				for i := range bad {
					_, _ = g.client.Report(t.Context(), report.NewQuestion(question(660+i), nil))
					if between || i == bad-1 {
						if _, err := g.client.Report(t.Context(), report.NewQuestion(question(n%50), nil)); err != nil {
							refused++
						}
					}
				}
				if n == 60 {
					early = failing
				}
				g.clock.add(2 * time.Second)
			}
			// Where nothing was answered in between, all might fail, until one question is.
			if most := int((firstRest + laterRest + probeLead) / (2 * time.Second)); refused > 0 && between || refused > most {
				t.Errorf("%d bad, others between them %v: %d of the others were not answered", bad, between, refused)
			}
			if all := g.client.Incidents(); len(all) != 0 {
				t.Errorf("%d bad: %+v", bad, all)
			}
			if failing > standardErrors-2 || failing-early > 2 {
				t.Errorf("%d bad, others between them %v: %d errors, %d of them after two minutes", bad, between, failing, failing-early)
			}
		}
	}
}

// TestSuspectRecovers: what failed alone is asked again, within two hours however
// long it failed, and as any other once it is answered.
func TestSuspectRecovers(t *testing.T) {
	g := newGoogle(t, nil)
	g.answer = func(w http.ResponseWriter, r request) {
		if strings.Contains(string(r.body), `"offset":"666"`) && g.clock.Now().Sub(noon) < 10*time.Hour {
			writeError(w, 502, "INTERNAL", "x", "")
			return
		}
		oneRow(w, r)
	}
	answered := time.Duration(0)
	for n := 0; n < 13*60 && answered == 0; n++ {
		if _, err := g.client.Report(t.Context(), report.NewQuestion(question(666), nil)); err == nil {
			answered = g.clock.Now().Sub(noon)
		}
		if _, err := g.client.Report(t.Context(), report.NewQuestion(question(1), nil)); err != nil {
			t.Fatal(err)
		}
		g.clock.add(time.Minute)
	}
	if answered < 10*time.Hour || answered > 12*time.Hour {
		t.Errorf("answered after %v", answered)
	}
	if n := len(g.seen()); n > 13*60+30 {
		t.Errorf("%d requests", n)
	}
}
