package policy

import (
	"encoding/csv"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/oriel-server/oriel/internal/report"
)

// A knownField is a fact of Google's metadata, see testdata/ga4-fields.csv.
type knownField struct{ kind, name, category, unit string }

func knownFields(t *testing.T) (all []knownField) {
	t.Helper()
	file, err := os.Open("testdata/ga4-fields.csv")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	lines, err := csv.NewReader(file).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range lines[1:] {
		all = append(all, knownField{l[0], l[1], l[2], l[3]})
	}
	return all
}

func inFamily(family, name string) bool {
	return Fields{Deny: families[family]}.denies(name)
}

// TestFamilies: every field that Google's metadata lists is in the families that its
// category, its type and its name put it in.
func TestFamilies(t *testing.T) {
	byCategory := map[string]string{
		"Geography": "location", "Revenue": "revenue", "Page / Screen": "page", "Time": "time", "Cohort": "cohort", "User": "user",
		"User Lifetime": "user", "Demographics": "demographics", "Attribution": "source", "Traffic Source": "source", "Session": "session",
		"Event": "event", "Publisher": "publisher", "Platform / Device": "device",
	}
	byName := map[string]*regexp.Regexp{ // of metrics
		"revenue": regexp.MustCompile(`Revenue|AdSpend`), "user": regexp.MustCompile(`^user|Users?($|[A-Z])|Purchaser`), "session": regexp.MustCompile(`[sS]ession`),
		"event": regexp.MustCompile(`^event|[kK]eyEvent`), "page": regexp.MustCompile(`PageView`), "item": regexp.MustCompile(`^item|ToViewRate$`),
		"purchase": regexp.MustCompile(`[tT]ransaction|[pP]urchaser|Purchases`), "advertising": regexp.MustCompile(`^advertiser|AdSpend`),
		"publisher": regexp.MustCompile(`^publisher|AdRevenue`), "cohort": regexp.MustCompile(`^cohort`), "search": regexp.MustCompile(`Search`),
	}
	alone := []string{"comparison", "testDataFilterId", "testDataFilterName"}
	for _, f := range knownFields(t) {
		want := byCategory[f.category]
		if want != "" && !inFamily(want, f.name) {
			t.Errorf("%s, of Google's category %s, is not in family %s", f.name, f.category, want)
		}
		for family, pattern := range byName {
			if f.kind == "metric" && pattern.MatchString(f.name) && !inFamily(family, f.name) {
				t.Errorf("metric %s is not in family %s", f.name, family)
			}
		}
		if f.unit == "TYPE_CURRENCY" && !inFamily("revenue", f.name) && !inFamily("advertising", f.name) {
			t.Errorf("%s is an amount of money and in neither revenue nor advertising", f.name)
		}
		in := 0
		for family := range families {
			if inFamily(family, f.name) {
				in++
			}
		}
		if (in == 0) != slices.Contains(alone, f.name) {
			t.Errorf("%s is in %d families", f.name, in)
		}
	}
}

// TestFamiliesNameFields: nothing in a family is a slip of the pen.
func TestFamiliesNameFields(t *testing.T) {
	all := knownFields(t)
	for family, patterns := range families {
		for _, pattern := range patterns {
			custom := strings.HasSuffix(pattern, ":*")
			if !custom && !slices.ContainsFunc(all, func(f knownField) bool { return matches(pattern, f.name) }) {
				t.Errorf("family %s: no field is %s", family, pattern)
			}
		}
		if err := (Fields{Allow: patterns, Deny: []string{familyPrefix + family}}).validate(); err != nil {
			t.Error(err)
		}
	}
}

// TestFamiliesAreDocumented: docs/configuration.md lists them all.
func TestFamiliesAreDocumented(t *testing.T) {
	text, err := os.ReadFile("../../docs/configuration.md")
	if err != nil {
		t.Fatal(err)
	}
	for family := range families {
		if !strings.Contains(string(text), "| `"+familyPrefix+family+"` |") {
			t.Errorf("docs/configuration.md does not list %s%s", familyPrefix, family)
		}
	}
}

// TestFamilyInLists: a family stands for its fields, in both lists.
func TestFamilyInLists(t *testing.T) {
	rules, err := NewRules([]View{
		{Name: "denied", Account: "a", Property: "1", Fields: Fields{Deny: []string{"family:revenue", "city"}}},
		{Name: "allowed", Account: "a", Property: "2", Fields: Fields{Allow: []string{"family:location", "sessions"}, Deny: []string{"cityId"}}},
	}, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		view, field string
		may         bool
	}{
		{"denied", "purchaseRevenue", false}, {"denied", "GROSSPURCHASEREVENUE", false}, {"denied", "eventValue", false}, {"denied", "city", false},
		{"denied", "sessions", true}, {"denied", "cityId", true}, {"denied", "family:revenue", true}, // no field: Google says so
		{"allowed", "country", true}, {"allowed", "countryIsoCode", true}, {"allowed", "sessions", true}, {"allowed", "cityId", false}, {"allowed", "activeUsers", false},
	} {
		if got := rules.view(c.view).Fields.allows(c.field); got != c.may {
			t.Errorf("view %s, %s: %t", c.view, c.field, got)
		}
	}
	for _, bad := range []string{"family:", "family:money", "family:*", "family:revenue*"} {
		if err := (Fields{Deny: []string{bad}}).validate(); err == nil || !strings.Contains(err.Error(), "revenue, search") {
			t.Errorf("%s: %v", bad, err)
		}
	}
}

// TestDisclosures: which allowed fields tell a denied one, and that a family leaves none.
func TestDisclosures(t *testing.T) {
	for _, c := range []struct {
		deny string
		by   []string // some of those that tell it
		not  []string // some that do not
	}{
		{"purchaseRevenue", []string{"grossPurchaseRevenue", "averagePurchaseRevenue", "itemRevenue", "totalRevenue", "averageRevenuePerUser"}, []string{"sessions", "taxAmount"}},
		{"country", []string{"countryId", "city", "region"}, []string{"continent", "country"}},
		{"city", []string{"cityId"}, []string{"country", "region"}},
		{"pagePath", []string{"pageLocation", "landingPage", "pageTitle"}, []string{"hostName"}},
		{"pageLocation", []string{"fullPageUrl", "pageReferrer"}, []string{"pagePath", "pageTitle"}},
		{"deviceModel", []string{"mobileDeviceModel"}, []string{"deviceCategory"}},
		{"activeUsers", []string{"sessionsPerUser", "totalUsers"}, nil},
		{"engagedSessions", []string{"engagementRate", "bounceRate"}, nil},
		{"conversions", []string{"sessionKeyEventRate"}, []string{"eventCount"}},
		{"publisherAd*", nil, []string{"totalAdRevenue"}},
		{"sessionCampaignId", []string{"sessionCampaignName", "campaignName"}, nil},
	} {
		var by []string
		for _, d := range (Fields{Deny: []string{c.deny}}).Disclosures() {
			by = append(by, d.By...)
			if left := (Fields{Deny: []string{c.deny, familyPrefix + d.Family}}).Disclosures(); slices.ContainsFunc(left, func(l Disclosure) bool {
				return l.Family == d.Family
			}) {
				t.Errorf("deny %s: denying family %s too leaves %v", c.deny, d.Family, left)
			}
		}
		for _, name := range c.by {
			if !slices.Contains(by, name) {
				t.Errorf("deny %s: nothing says that %s tells it", c.deny, name)
			}
		}
		for _, name := range c.not {
			if slices.Contains(by, name) {
				t.Errorf("deny %s: %s does not tell it", c.deny, name)
			}
		}
	}
	if all := (Fields{Deny: []string{"country"}, Allow: []string{"sessions"}}).Disclosures(); all != nil {
		t.Errorf("what is not on the allow-list tells nothing: %v", all)
	}
}

// TestRelationsCoverGoogle: relations name Google's fields, both names of a thing that has an
// id, and every ratio.
func TestRelationsCoverGoogle(t *testing.T) {
	known, by := map[string]bool{}, map[string]bool{}
	all := knownFields(t)
	for _, f := range all {
		known[f.name] = true
	}
	for _, r := range relations {
		for _, name := range slices.Concat(r.of, r.by) {
			if !known[name] {
				t.Errorf("no field is %s", name)
			}
			if !inFamily(r.family, name) {
				t.Errorf("%s is not in family %s, which closes a disclosure", name, r.family)
			}
		}
		for _, name := range r.by {
			by[name] = true
		}
	}
	ratio := regexp.MustCompile(`Per[A-Z]|Rate$|^average|^returnOn`)
	for _, f := range all {
		if f.kind == "metric" && ratio.MatchString(f.name) && !by[f.name] {
			t.Errorf("%s gives another metric back, and no relation says so", f.name)
		}
		stem, ok := strings.CutSuffix(f.name, "Id")
		if other := stem + "Name"; ok && known[other] && !strings.HasPrefix(f.name, "testData") {
			told := Fields{Deny: []string{f.name}}.Disclosures()
			if !slices.ContainsFunc(told, func(d Disclosure) bool { return slices.Contains(d.By, other) }) {
				t.Errorf("nothing says that %s tells %s", other, f.name)
			}
		}
	}
}

// TestHistoryHidesEarlierDates: a dimension whose values are days before the history is not
// answered under any of its names, and the error says why.
func TestHistoryHidesEarlierDates(t *testing.T) {
	for _, history := range []History{{Days: 30}, {Since: report.NewDate(2026, 1, 1)}, {}} {
		rules, err := NewRules([]View{{Name: "shop", Account: "a", Property: "1", History: history}}, nil)
		if err != nil {
			t.Fatal(err)
		}
		v := rules.view("shop")
		for _, name := range []string{"firstSessionDate", "firstTouchDate", "FIRSTSESSIONDATE", "date", "dateHour"} {
			q := report.Query{Metrics: []report.Metric{{Name: "sessions"}}, Dimensions: []report.Dimension{{Name: name}}}
			err := v.checkFields(q)
			hidden := history.bounded() && !strings.HasPrefix(name, "date")
			if hidden != (err != nil) || hidden && (report.KindOf(err) != report.Forbidden || !strings.Contains(err.Error(), "days before it")) {
				t.Errorf("%+v, %s: %v", history, name, err)
			}
			if shown := v.Fields.shows(report.Field{APIName: name}); shown == hidden {
				t.Errorf("%+v: lists show %s: %t", history, name, shown)
			}
		}
	}
}
