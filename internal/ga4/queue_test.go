package ga4

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/oriel-server/oriel/internal/report"
)

// held is a Google that answers only when it is let.
type held struct {
	*google
	arrived chan request
	release chan struct{}
}

func newHeld(t *testing.T, answer func(http.ResponseWriter, request)) *held {
	h := &held{arrived: make(chan request, 100), release: make(chan struct{}, 100)}
	h.google = newGoogle(t, func(w http.ResponseWriter, r request) {
		h.arrived <- r
		<-h.release
		answer(w, r)
	})
	return h
}

// let lets n requests be answered.
func (h *held) let(n int) {
	for range n {
		h.release <- struct{}{}
	}
}

// ask asks in the background.
func (h *held) ask(ctx context.Context, q report.Query) <-chan answer {
	done := make(chan answer, 1)
	go func() {
		r, err := h.client.Report(ctx, report.NewQuestion(q, nil))
		done <- answer{r, report.AsError(err)}
	}()
	return done
}

// waiting waits until n jobs wait for the property.
func (h *held) waiting(property string, n int) {
	h.t.Helper()
	for range 10_000 {
		h.client.queues.mu.Lock()
		ln := h.client.queues.byProperty[property]
		have := -1
		if ln != nil {
			have = len(ln.waiting)
		}
		h.client.queues.mu.Unlock()
		if have == n {
			return
		}
		time.Sleep(time.Millisecond)
	}
	h.t.Fatalf("never were %d jobs waiting", n)
}

func (h *held) fill(ctx context.Context) (answers []<-chan answer) {
	for i := range maxRunning {
		answers = append(answers, h.ask(ctx, question(i)))
	}
	for range maxRunning {
		<-h.arrived
	}
	return answers
}

func (h *held) expect(a <-chan answer, q report.Query) {
	h.t.Helper()
	got := <-a
	if got.err != nil {
		h.t.Errorf("offset %d: %v", q.Offset, got.err)
		return
	}
	if want := fmt.Sprintf(`"value":"%d"`, q.Offset); q.Offset != 0 && !strings.Contains(string(got.report.Body), want) {
		h.t.Errorf("offset %d got the answer of another: %s", q.Offset, got.report.Body)
	}
}

func TestEightAtOnceAndTheNinthWaits(t *testing.T) {
	h := newHeld(t, oneRow)
	first := h.fill(t.Context())
	ninth := h.ask(t.Context(), question(9))
	h.waiting("123456", 1)
	elsewhere := question(10)
	elsewhere.Property = "777"
	other := h.ask(t.Context(), elsewhere)
	if r := <-h.arrived; r.method != "runReport" {
		t.Errorf("another property waited: %s came", r.method)
	}
	h.let(10)
	for i, a := range first {
		h.expect(a, question(i))
	}
	h.expect(other, elsewhere)
	h.expect(ninth, question(9))
	if r := <-h.arrived; r.method != "runReport" {
		t.Errorf("the lone ninth was asked by %s", r.method)
	}
	if h.max != maxRunning+1 {
		t.Errorf("%d at once, want 8 and 1 of another property", h.max)
	}
}

func TestWaitingJobsShareABatch(t *testing.T) {
	h := newHeld(t, oneRow)
	running := h.fill(t.Context())
	now := question(50)
	now.Realtime, now.DateRanges = true, nil
	otherAccount := question(60)
	otherAccount.Account = "second"
	qs := []report.Query{question(11), now, question(12), otherAccount, question(13), question(14), question(15), question(16)}
	var waiting []<-chan answer
	for i, q := range qs {
		waiting = append(waiting, h.ask(t.Context(), q))
		h.waiting("123456", i+1)
	}
	h.let(1)
	r := <-h.arrived
	var batch struct{ Requests []struct{ Offset string } }
	if err := json.Unmarshal(r.body, &batch); err != nil || r.method != "batchRunReports" {
		t.Fatalf("%s: %v", r.method, err)
	}
	if got, want := fmt.Sprint(batch.Requests), "[{11} {12} {13} {14} {15}]"; got != want {
		t.Errorf("together left %s, want %s", got, want)
	}
	h.let(1)
	if r := <-h.arrived; r.method != "runRealtimeReport" {
		t.Errorf("then came %s", r.method)
	}
	h.let(50)
	for i, a := range running {
		h.expect(a, question(i))
	}
	for i, a := range waiting {
		h.expect(a, qs[i])
	}
	if h.max > maxRunning {
		t.Errorf("%d at once", h.max)
	}
}

func TestThresholdedQuestionsGoAlone(t *testing.T) {
	q := question(0)
	q.DimensionFilter = &report.Filter{Condition: &report.Condition{FieldName: "userGender", Empty: &report.EmptyFilter{}}}
	if newJob(t.Context(), q, report.Rank{}).batchable() || !newJob(t.Context(), question(0), report.Rank{}).batchable() {
		t.Error("a potentially thresholded question could exhaust its mates' batch")
	}
}

func TestOneBadMemberDoesNotFailTheBatch(t *testing.T) {
	h := newHeld(t, func(w http.ResponseWriter, r request) {
		if strings.Contains(string(r.body), `"offset":"13"`) {
			writeError(w, 400, "INVALID_ARGUMENT", "Field x is not a valid metric.", "")
			return
		}
		oneRow(w, r)
	})
	running := h.fill(t.Context())
	var waiting []<-chan answer
	for i := range 3 {
		waiting = append(waiting, h.ask(t.Context(), question(12+i)))
		h.waiting("123456", i+1)
	}
	h.let(50)
	for i, a := range running {
		h.expect(a, question(i))
	}
	h.expect(waiting[0], question(12))
	h.expect(waiting[2], question(14))
	if got := <-waiting[1]; got.err == nil || got.err.Kind != report.Invalid {
		t.Errorf("the bad member got %+v", got)
	}
}

func TestBatchInTheWrongOrderIsAskedOneByOne(t *testing.T) {
	h := newHeld(t, func(w http.ResponseWriter, r request) {
		if r.method == "batchRunReports" {
			fmt.Fprintf(w, `{"reports":[%s]}`, rowFor(nil))
			return
		}
		oneRow(w, r)
	})
	running := h.fill(t.Context())
	a := h.ask(t.Context(), question(21))
	h.waiting("123456", 1)
	b := h.ask(t.Context(), question(22))
	h.waiting("123456", 2)
	h.let(50)
	for i, r := range running {
		h.expect(r, question(i))
	}
	h.expect(a, question(21))
	h.expect(b, question(22))
}

func TestSwappedReportsAreRejected(t *testing.T) {
	name := func(s, metric string) string { return strings.ReplaceAll(s, `"sessions"`, `"`+metric+`"`) }
	h := newHeld(t, func(w http.ResponseWriter, r request) {
		switch {
		case r.method == "batchRunReports":
			fmt.Fprintf(w, `{"reports":[%s,%s]}`, name(rowFor(nil), "newUsers"), rowFor(nil))
		case strings.Contains(string(r.body), "newUsers"):
			fmt.Fprint(w, name(rowFor(r.body), "newUsers"))
		default:
			oneRow(w, r)
		}
	})
	running := h.fill(t.Context())
	a := h.ask(t.Context(), question(21))
	h.waiting("123456", 1)
	other := question(22)
	other.Metrics = []report.Metric{{Name: "newUsers"}}
	b := h.ask(t.Context(), other)
	h.waiting("123456", 2)
	h.let(50)
	for i, r := range running {
		h.expect(r, question(i))
	}
	h.expect(a, question(21))
	h.expect(b, other)
}

func TestCanceledJobsAreNotSent(t *testing.T) {
	h := newHeld(t, oneRow)
	running := h.fill(t.Context())
	ctx, leave := context.WithCancel(t.Context())
	left := h.ask(ctx, question(31))
	h.waiting("123456", 1)
	stays := h.ask(t.Context(), question(32))
	h.waiting("123456", 2)
	leave()
	if got := <-left; got.err == nil || got.err.Kind != report.Canceled {
		t.Errorf("who left got %+v", got)
	}
	h.let(50)
	for i, a := range running {
		h.expect(a, question(i))
	}
	h.expect(stays, question(32))
	for _, r := range h.seen() {
		if strings.Contains(string(r.body), `"31"`) {
			t.Error("the question of who left was asked")
		}
	}
}

func TestBatchOutlivesOneMemberButNotAll(t *testing.T) {
	ctxs := make([]context.Context, 3)
	leaves := make([]context.CancelFunc, 3)
	var jobs []*job
	for i := range ctxs {
		ctxs[i], leaves[i] = context.WithCancel(t.Context())
		jobs = append(jobs, &job{ctx: ctxs[i]})
	}
	all, cancel := context.WithCancel(t.Context())
	defer cancel()
	defer afterAllCanceled(jobs, cancel)()
	leaves[0]()
	leaves[2]()
	select {
	case <-all.Done():
		t.Error("the batch ended while one was waiting")
	case <-time.After(10 * time.Millisecond):
	}
	leaves[1]()
	<-all.Done()
}

// TestAFloodIsBounded: each class has places that worse ones cannot take, and the last of the
// flood is refused rather than a session's first question.
func TestAFloodIsBounded(t *testing.T) {
	var l propertyQueues
	block := make(chan struct{})
	defer close(block)
	add := func(class report.Class, session string) *job {
		j := newJob(t.Context(), question(0), report.Rank{Class: class, Session: session})
		l.add(j, func([]*job) { <-block })
		return j
	}
	var flood []*job
	for range limits[report.PublicQuestion].running + limits[report.PublicQuestion].waiting {
		flood = append(flood, add(report.PublicQuestion, "flood"))
	}
	last := flood[len(flood)-1]
	if first := add(report.PublicQuestion, "first"); len(first.done) != 0 || len(last.done) != 1 {
		t.Errorf("the first question of a session was refused: %v", first.done)
	}
	if a := <-last.done; a.err.Kind != report.RateLimited || a.err.RetryAfter <= 0 {
		t.Errorf("one too many: %+v", a.err)
	}
	for range limits[report.HostDashboard].waiting {
		if j := add(report.HostDashboard, "customer"); len(j.done) != 0 {
			t.Fatal("a host's question was refused for the public's")
		}
	}
	if n := l.byProperty["123456"].running; n != [report.Classes]int{5, 0, 0, 3} {
		t.Errorf("%v run", n)
	}
	if n := len(l.byProperty["123456"].waiting); n != limits[report.HostDashboard].waiting {
		t.Errorf("%d wait", n)
	}
}

// TestTurns: within a class, sessions take turns; a better class goes first, whoever joins one
// that waits takes it along, and classes share no request.
func TestTurns(t *testing.T) {
	var l propertyQueues
	ran := make(chan []*job, 100)
	next, end := make(chan struct{}), make(chan struct{})
	defer close(end)
	add := func(class report.Class, session string, offset int) *job {
		q := question(offset)
		q.Realtime = true // alone
		j := newJob(t.Context(), q, report.Rank{Class: class, Session: session})
		l.add(j, func(jobs []*job) {
			ran <- jobs
			if !jobs[0].rank.Class.Public() {
				<-end
				return
			}
			select {
			case <-next:
			case <-end:
			}
		})
		return j
	}
	for i := range 3 {
		add(report.PublicQuestion, "flood", i)
	}
	for range 3 {
		<-ran
	}
	var waiting []*job
	for i := range 4 {
		waiting = append(waiting, add(report.PublicQuestion, "flood", 10+i))
	}
	add(report.PublicQuestion, "other", 20)
	l.promote(waiting[3], report.Rank{Class: report.HostQuestion, Session: "customer"})
	if j := <-ran; j[0] != waiting[3] {
		t.Errorf("what a host joined waits for the public's slots; %d ran", j[0].query.Offset)
	}
	var order []int
	for range 4 {
		next <- struct{}{}
		order = append(order, int((<-ran)[0].query.Offset))
	}
	if fmt.Sprint(order) != "[10 20 11 12]" {
		t.Errorf("in the order %v", order)
	}
}

func TestQueuesFreeSlots(t *testing.T) {
	var mu sync.Mutex
	last := -1
	g := configured(t, oneRow, func(c *Config) {
		c.Observer.InFlight = func(_ string, n int) {
			mu.Lock()
			defer mu.Unlock()
			last = n
		}
	})
	var wg sync.WaitGroup
	for i := range 100 {
		wg.Go(func() {
			r, err := g.client.Report(t.Context(), report.NewQuestion(question(i+1), nil))
			if err != nil || !strings.Contains(string(r.Body), fmt.Sprintf(`"%d"`, i+1)) {
				t.Errorf("%d: %v, %v", i+1, r, err)
			}
		})
	}
	wg.Wait()
	for range 10_000 {
		mu.Lock()
		n := last
		mu.Unlock()
		if n == 0 {
			return
		}
		time.Sleep(time.Millisecond)
	}
	t.Errorf("%d still run", last)
}

// TestARefusalNamesAMember: in a batch, who named the field that Google does not have
// reads so, and the others are asked together.
func TestARefusalNamesAMember(t *testing.T) {
	h := newHeld(t, func(w http.ResponseWriter, r request) {
		if m := regexp.MustCompile(`madeUp[0-9]`).FindString(string(r.body)); m != "" {
			writeError(w, 400, "INVALID_ARGUMENT", "Field "+m+" is not a valid metric. Did you mean sessions?", "")
			return
		}
		oneRow(w, r)
	})
	running := h.fill(t.Context())
	var waiting []<-chan answer
	for i := range report.MaxBatch {
		q := question(10 + i)
		if i < 2 {
			q.Metrics = []report.Metric{{Name: fmt.Sprintf("madeUp%d", i)}}
		}
		waiting = append(waiting, h.ask(t.Context(), q))
		h.waiting("123456", i+1)
	}
	h.let(100)
	for i, a := range running {
		h.expect(a, question(i))
	}
	for i, a := range waiting {
		if i >= 2 {
			h.expect(a, question(10+i))
		} else if got := <-a; got.err == nil || !strings.HasPrefix(got.err.Message, fmt.Sprintf("Field madeUp%d is not a valid metric.", i)) {
			t.Errorf("question %d: %+v", i, got)
		}
	}
	if n := len(h.seen()) - maxRunning; n != 3 {
		t.Errorf("%d requests, want one refusal for each field, and an answer", n)
	}
}
