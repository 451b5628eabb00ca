package policy

import (
	"strconv"
	"strings"
	"testing"
)

func TestNumberIsTheFirstOldID(t *testing.T) {
	for _, c := range []struct {
		aliases []string
		want    string // empty for one made of the name
	}{
		{[]string{"ga:123"}, "123"},
		{[]string{"main", "ga:123", "ga:7"}, "123"},
		{[]string{"UA-1-1", "ga:999999999999999"}, "999999999999999"},
		{nil, ""},
		{[]string{"ga:0123", "ga:1234567890123456", "123", "ga:x1"}, ""}, // not exact in JavaScript, or no number
	} {
		got := numericID("shop", c.aliases)
		if c.want != "" && got != c.want {
			t.Errorf("%v: %s instead of %s", c.aliases, got, c.want)
		}
		if n, err := strconv.ParseInt(got, 10, 64); err != nil || n < 1 || n > 1<<53 {
			t.Errorf("%v: %s is no number that JavaScript holds: %v", c.aliases, got, err)
		}
	}
}

// Pages keep ids for years: the number that a name makes must never change.
func TestNumberOfNameIsStable(t *testing.T) {
	for name, want := range map[string]string{"shop": shopNumber, "blog": blogNumber} {
		if got := numericID(name, nil); got != want || len(got) != 15 {
			t.Errorf("%s: %s instead of %s", name, got, want)
		}
	}
}

const (
	shopNumber = "473864015031999"
	blogNumber = "617138222516213"
)

func TestNumberNamesTheView(t *testing.T) {
	v := shop()
	v.Aliases = nil
	r, err := NewRules([]View{v}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if name, ok := r.ResolveView("ga:" + shopNumber); !ok || name != "shop" {
		t.Errorf("ga:%s is %q", shopNumber, name)
	}
	if _, ok := r.ResolveView(shopNumber); ok {
		t.Error("a bare number is not an id")
	}
	g, err := r.Grant(Claim{Views: []string{"shop"}})
	if err != nil {
		t.Fatal(err)
	}
	if v, err := g.view("ga:" + shopNumber); err != nil || v.Name != "shop" {
		t.Errorf("the grant does not know the number: %v", err)
	}
}

func TestNumberIsTaken(t *testing.T) {
	bare := View{Name: "shop", Account: "main", Property: "111"}
	other := View{Name: "other", Account: "main", Property: "222"}
	for what, change := range map[string]func(*View){
		"an alias":            func(v *View) { v.Aliases = []string{"ga:" + shopNumber} },
		"an alias, not first": func(v *View) { v.Aliases = []string{"ga:5", "ga:" + shopNumber} },
		"a property id":       func(v *View) { v.Property = shopNumber },
		"a view's name":       func(v *View) { v.Name = shopNumber },
	} {
		taken := other
		change(&taken)
		if _, err := NewRules([]View{bare, taken}, nil); err == nil || !strings.Contains(err.Error(), `view "shop": the id ga:`+shopNumber) {
			t.Errorf("%s: %v", what, err)
		}
		aliased := bare
		aliased.Aliases = []string{"ga:1"}
		if _, err := NewRules([]View{aliased, taken}, nil); err != nil {
			t.Errorf("%s, and an id of its own: %v", what, err)
		}
	}
}
