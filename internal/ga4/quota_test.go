package ga4

import (
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/oriel-server/oriel/internal/report"
)

// leaving answers with so many tokens left for the project and the property.
func leaving(project, property *int) func(http.ResponseWriter, request) {
	return func(w http.ResponseWriter, _ request) {
		_, _ = io.WriteString(w, fmt.Sprintf(`{"metricHeaders":[{"name":"sessions"}],"propertyQuota":{
			"tokensPerHour":{"consumed":2,"remaining":%d},"tokensPerProjectPerHour":{"consumed":2,"remaining":%d}}}`, *property, *project))
	}
}

// TestQuotaReserve: who waits for what nobody has seen is asked for
// last of all refused.
func TestQuotaReserve(t *testing.T) {
	for _, c := range []struct {
		project, property int
		least             report.Urgency // that is still asked
	}{
		{13_000, 39_000, report.Prewarm},
		{2_800, 39_000, report.Prewarm},
		{2_799, 39_000, report.Seen},
		{700, 39_000, report.Seen},
		{699, 39_000, report.Unseen},
		{13_000, 7_999, report.Seen},
		{13_000, 1_999, report.Unseen},
		{1, 1, report.Unseen},
	} {
		g := newGoogle(t, leaving(&c.project, &c.property))
		ask := func(u report.Urgency) error {
			_, err := g.client.Report(t.Context(), report.NewQuestion(question(0), nil).At(u))
			return err
		}
		if err := ask(report.Prewarm); err != nil {
			t.Fatalf("before any response: %v", err)
		}
		for u := report.Unseen; u <= report.Prewarm; u++ {
			if err := ask(u); (err == nil) != (u <= c.least) || err != nil && report.KindOf(err) != report.Quota {
				t.Errorf("%d and %d left, urgency %d: %v", c.project, c.property, u, err)
			}
		}
		if c.least == report.Prewarm {
			continue
		}
		g.clock.add(probeAfter)
		if err := ask(report.Prewarm); err != nil {
			t.Errorf("an old response still counts: %v", err)
		}
	}
}

// TestThePublicStopsAtHalf: of the tokens, of the day's too, and of potentially thresholded
// requests, which are counted between Google's answers.
func TestThePublicStopsAtHalf(t *testing.T) {
	var all quotas
	now := time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)
	k := quotaKey{"main", "123456", core}
	asks := func(class report.Class, thresholded bool) bool {
		q := question(0)
		q.Account = k.account
		j := newJob(t.Context(), q, report.Rank{Class: class})
		j.thresholded = thresholded
		return all.check(j, now.Add(time.Second), true) == nil
	}
	left := func(hour, day, thresholded int64) {
		all.record(k, Quota{At: now, Buckets: Buckets{TokensPerHour: Bucket{0, hour}, TokensPerDay: Bucket{0, day}, PotentiallyThresholdedRequestsPerHour: Bucket{0, thresholded}}})
	}
	for _, c := range []struct {
		hour, day, thresholded int64
		public, dashboards     bool
	}{
		{20_000, 100_000, 60, true, true},
		{19_999, 100_000, 60, false, true},
		{20_000, 99_999, 60, false, true},
		{1_999, 100_000, 60, false, false},
	} {
		left(c.hour, c.day, c.thresholded)
		if asks(report.PublicQuestion, false) != c.public || asks(report.PublicDashboard, false) != c.dashboards || !asks(report.HostDashboard, true) {
			t.Errorf("%+v", c)
		}
	}
	left(40_000, 200_000, 61)
	if !asks(report.PublicQuestion, true) {
		t.Error("half of the thresholded requests is left")
	}
	c := &call{key: k, thresholded: true}
	all.begin(c)
	all.begin(c)
	if asks(report.PublicQuestion, true) || !asks(report.PublicQuestion, false) || !asks(report.HostQuestion, true) {
		t.Error("what runs is not counted")
	}
	all.end(c)
	left(40_000, 200_000, 60) // tells of one, while the other runs
	if asks(report.PublicQuestion, true) {
		t.Error("what still runs is not counted")
	}
	left(100, 200_000, 60)
	now = now.Add(probeAfter)
	if !asks(report.PublicQuestion, false) || asks(report.PublicQuestion, false) {
		t.Error("one probe is sent, and no second")
	}
}

// A property of Google Analytics 360 has ten times as much, and so has its fifth.
func TestLargePropertiesShow(t *testing.T) {
	project, property := 139_998, 399_998
	g := newGoogle(t, leaving(&project, &property))
	refresh := report.NewQuestion(question(0), nil).At(report.Refresh)
	for _, c := range []struct {
		left int
		ok   bool
	}{{139_998, true}, {28_000, true}, {27_999, false}} {
		project = c.left
		if _, err := g.client.Report(t.Context(), refresh); err != nil {
			t.Fatal(err)
		}
		if err := g.client.quotas.check(newJob(t.Context(), refresh.Query(), refresh.Rank()), g.clock.Now(), false); (err == nil) != c.ok {
			t.Errorf("%d left of 140000: %v", c.left, err)
		}
		g.clock.add(probeAfter)
	}
}

func TestQuotasAreListed(t *testing.T) {
	project, property := 100, 200
	g := newGoogle(t, leaving(&project, &property))
	for _, id := range []string{"2", "1"} {
		q := question(0)
		q.Property = id
		if _, err := g.client.Report(t.Context(), report.NewQuestion(q, nil)); err != nil {
			t.Fatal(err)
		}
	}
	list := g.client.Quotas()
	if len(list) != 2 || list[0].Property != "1" || list[1].Property != "2" || list[0].TokensPerHour.Remaining != 200 || list[0].ProjectLimit != projectTokens {
		t.Errorf("%+v", list)
	}
}

func TestUrgentJobsGoFirst(t *testing.T) {
	ln := &propertyQueue{}
	for i, u := range []report.Urgency{report.Refresh, report.Unseen, report.Prewarm, report.Seen, report.Unseen, report.Refresh} {
		ln.place(&job{rank: report.Rank{Urgency: u}, query: report.Query{Offset: report.Int64(i)}})
	}
	var got []report.Int64
	for _, j := range ln.waiting {
		got = append(got, j.query.Offset)
	}
	if fmt.Sprint(got) != "[1 4 3 0 5 2]" {
		t.Errorf("order %v", got)
	}
}

// Questions that Google refuses count too; a property at which too many were
// refused is left alone until they are a quarter of an hour old.
func TestRefusalsOpenTheBreaker(t *testing.T) {
	var g breakers
	s := quotaKey{"a", "1", core}
	refuse := func(n int, at time.Time) {
		for range n {
			g.of(s).running++
			g.of(s).release(ticket{}, &failure{outcome: invalid, status: http.StatusBadRequest}, at)
		}
	}
	refuse(maxRefusals-1, noon)
	if err := g.of(s).check(false, report.HostDashboard, noon); err != nil {
		t.Fatalf("one too few: %v", err)
	}
	refuse(1, noon.Add(10*time.Minute))
	for at, want := range map[time.Duration]time.Duration{10 * time.Minute: 5 * time.Minute, 14*time.Minute + 30*time.Second: 30 * time.Second} {
		err := g.of(s).check(false, report.HostDashboard, noon.Add(at))
		if err == nil || err.RetryAfter != want || !strings.Contains(err.Message, after(want)) || !strings.Contains(err.Error(), noon.Add(15*time.Minute).Format(time.RFC3339)) {
			t.Errorf("after %v: %+v, want until %v later", at, err, want)
		}
	}
	if err := g.of(s).check(false, report.HostDashboard, noon.Add(15*time.Minute)); err != nil {
		t.Errorf("after a quarter of an hour: %v", err)
	}
	if err := g.of(quotaKey{"a", "2", core}).check(false, report.HostDashboard, noon.Add(10*time.Minute)); err != nil {
		t.Errorf("another property: %v", err)
	}
}

func TestRecent(t *testing.T) {
	var times []time.Time
	for i := range 40 {
		times = append(times, noon.Add(time.Duration(i)*30*time.Second))
	}
	for after, want := range map[time.Duration]int{0: 30, 5 * time.Minute: 20, 14 * time.Minute: 2, 15 * time.Minute: 0, 48 * time.Hour: 0} {
		if got := len(recent(times, 15*time.Minute, noon.Add(39*30*time.Second+after))); got != want {
			t.Errorf("%s later %d, want %d", after, got, want)
		}
	}
}

// quotasOf returns the quotas of a property, by account and category.
func quotasOf(c *Client, property string) []Quota {
	return slices.DeleteFunc(c.Quotas(), func(q Quota) bool { return q.Property != property })
}
