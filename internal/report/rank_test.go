package report

import "testing"

func TestJoiningRaisesAPriority(t *testing.T) {
	p := NewPriority(Rank{Refresh, PublicQuestion, "stranger"})
	q := NewQuestion(Query{Property: "1"}, nil).Promotable(p)
	var seen []Rank
	q.Watch(func(r Rank) { seen = append(seen, r) })
	part := q.With(func(q *Query) { q.Limit = 1 })
	p.Join(Rank{Prewarm, PublicQuestion, "stranger"})
	p.Join(Rank{Prewarm, HostDashboard, "customer"})
	p.Join(Rank{Unseen, PublicDashboard, "visitor"})
	best := Rank{Unseen, HostDashboard, "customer"}
	if part.Rank() != best || part.At(Prewarm).Rank() != (Rank{Prewarm, HostDashboard, "customer"}) || q.Rank() != best {
		t.Errorf("the part has %v, the question %v", part.Rank(), q.Rank())
	}
	if len(seen) != 2 || seen[1] != best {
		t.Errorf("who watches saw %v", seen)
	}
}
