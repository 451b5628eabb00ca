package app

import (
	"errors"
	"io/fs"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"
)

const oneView = "views:\n  shop: {property: \"412600303\"}\n"

func TestUnreadableFiles(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"unknown key", "lisen: x\n" + oneView, `oriel.yaml:1: unknown key "lisen": docs/configuration.md lists`},
		{"unknown keys", "views:\n  shop:\n    propperty: 1\n    publik: true\n",
			"oriel.yaml:3: unknown key \"propperty\": docs/configuration.md lists the keys that exist\noriel.yaml:4: unknown key \"publik\""},
		{"unknown key of a panel", "dashboards:\n  o:\n    panels:\n      - type: table\n        colour: red\n", `oriel.yaml:5: unknown key "colour"`},
		{"unknown key of a filter", "views:\n  shop:\n    filter:\n      filter: {fieldName: a, strinFilter: {}}\n", `oriel.yaml:4: views.shop.filter: unknown key "strinFilter"`},
		{"twice", "views:\n  shop: {}\n  shop: {}\n", "oriel.yaml:3: mapping key \"shop\" already defined at line 2"},
		{"not a number", "cache:\n  max_mb: lots\n", `oriel.yaml:2: "lots" is not a whole number`},
		{"not a decimal", "limits: {tokens_per_second: fast}", `oriel.yaml:1: "fast" is not a number`},
		{"no unit", "cache:\n  stale: 5\n", `oriel.yaml:2: "5" is not a duration: write a number with its unit, as in 30s, 10m or 24h`},
		{"not a list", "trusted_proxies: 10.0.0.0/8", `oriel.yaml:1: "10.0.0.0/8" is not a list: write [one, two]`},
		{"not a truth", "views:\n  shop:\n    public: maybe\n", `oriel.yaml:3: public: write true for the view's dashboards, questions for free queries too, or false`},
		{"a list for text", "listen: [a]", "oriel.yaml:1: a list is not text"},
		{"keys for text", "listen: {a: b}", "oriel.yaml:1: a group of keys is not text"},
		{"text for keys", "cache: big", `oriel.yaml:1: "big" is not a group of keys: write them below, indented`},
		{"panels", "dashboards: {o: {panels: none}}", `oriel.yaml:1: "none" is not a list: begin each entry with "- "`},
		{"broken", "views:\n  shop: [\n  a: b\n", "oriel.yaml:4: did not find expected"},
		{"empty", "", "oriel.yaml: the file is empty: copy oriel.example.yaml"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := parseConfig("oriel.yaml", []byte(c.text))
			if err == nil || !strings.HasPrefix(err.Error(), c.want) {
				t.Errorf("got  %v\nwant %s", err, c.want)
			}
		})
	}
}

func TestMissingFile(t *testing.T) {
	_, err := ReadConfig(filepath.Join(t.TempDir(), "oriel.yaml"))
	if !errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), "name a file with -config, or copy oriel.example.yaml") {
		t.Errorf("%v", err)
	}
}

func TestPathsAreRelativeToTheFile(t *testing.T) {
	path := write(t, "accounts: {a: {key_file: keys/a.json}, b: {key_file: /etc/b.json}}\ntokens: {keys_file: signing.json}\ncache: {file: answers.db}\n"+
		"views:\n  shop: {property: '1', account: a}\n")
	c, err := ReadConfig(path)
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Dir(path)
	for _, pair := range [][2]string{
		{c.Accounts["a"].KeyFile, filepath.Join(dir, "keys/a.json")},
		{c.Accounts["b"].KeyFile, "/etc/b.json"},
		{c.Tokens.KeysFile, filepath.Join(dir, "signing.json")},
		{c.Cache.File, filepath.Join(dir, "answers.db")},
	} {
		if pair[0] != pair[1] {
			t.Errorf("got %s, want %s", pair[0], pair[1])
		}
	}
}

func TestFillIn(t *testing.T) {
	for _, c := range []struct {
		name, text      string
		account, public string
	}{
		{"no account", oneView, "default", "http://127.0.0.1:8080"},
		{"only account", "accounts: {agency: {}}\nlisten: 127.0.0.1:81\n" + oneView, "agency", "http://127.0.0.1:81"},
		{"public url", "public_url: https://stats.example.com/\n" + oneView, "default", "https://stats.example.com"},
	} {
		t.Run(c.name, func(t *testing.T) {
			config, err := parseConfig("oriel.yaml", []byte(c.text))
			if err != nil {
				t.Fatal(err)
			}
			v := config.Views["shop"]
			if v.Account != c.account || v.Title != "shop" || config.PublicURL != c.public {
				t.Errorf("account %q, title %q, public URL %q", v.Account, v.Title, config.PublicURL)
			}
			if _, ok := config.accounts()[c.account]; !ok {
				t.Errorf("there is no account %q among %v", c.account, config.accounts())
			}
		})
	}
}

func TestDefaultsStand(t *testing.T) {
	c, err := parseConfig("oriel.yaml", []byte("cache: {final: 12h}\n"+oneView))
	if err != nil {
		t.Fatal(err)
	}
	want := defaults().Cache
	want.Final = 12 * time.Hour
	if c.Cache != want {
		t.Errorf("a section with one key: got %+v, want %+v", c.Cache, want)
	}
}

// The view switcher follows the file, which a Go map forgets.
func TestViewsKeepTheOrderOfTheFile(t *testing.T) {
	c, err := parseConfig("oriel.yaml", []byte("views:\n  zoo: {property: '1'}\n  art: {property: '2'}\n  museum: {property: '3'}\n"))
	if err != nil {
		t.Fatal(err)
	}
	rules, err := c.rules()
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{"zoo", "art", "museum"}; !reflect.DeepEqual(rules.ViewNames(), want) {
		t.Errorf("got %v, want %v", rules.ViewNames(), want)
	}
}

// What YAML's anchors bring in is looked at like the rest.
// Names of Universal Analytics are told by number from those told by name.
func TestUniversalNames(t *testing.T) {
	c, err := parseConfig("oriel.yaml", []byte("views: {shop: {property: \"1\", universal_analytics: {dimensions: {1: \"customEvent:author\", \"2\": contentGroup, eventCategory: \"customEvent:category\"}, metrics: {1: \"customEvent:words\", eventValue: \"customEvent:amount\"}}}}"))
	if err != nil {
		t.Fatal(err)
	}
	o := c.dialects()["shop"]
	for what, pair := range map[string][2]any{
		"dimensions":      {o.Dimensions, map[int]string{1: "customEvent:author", 2: "contentGroup"}},
		"dimension names": {o.DimensionNames, map[string]string{"eventCategory": "customEvent:category"}},
		"metrics":         {o.Metrics, map[int]string{1: "customEvent:words"}},
		"metric names":    {o.MetricNames, map[string]string{"eventValue": "customEvent:amount"}},
	} {
		if !reflect.DeepEqual(pair[0], pair[1]) {
			t.Errorf("%s are %v instead of %v", what, pair[0], pair[1])
		}
	}
}

func TestAnchorsHideNothing(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"views:\n  shop: &v {property: '1'}\n  blog: *v\n", ""},
		{"views:\n  shop: &v {property: x}\n  blog: *v\n", "oriel.yaml:2: views.shop.property: \"x\" is not a GA4 property id: write its digits, from Admin → Property details\n" +
			"oriel.yaml:2: views.blog.property"},
		{"views:\n  shop: &v {property: '1', public: true, origins: [https://a.example]}\n  blog: {<<: *v, property: x}\n", "oriel.yaml:3: views.blog.property"},
		{"views:\n  shop: &v {property: '1'}\n  blog: {<<: *v, public: true}\n", "oriel.yaml:3: views.blog.public"},
	} {
		config, err := parseConfig("oriel.yaml", []byte(c.text))
		if c.want != "" {
			if err == nil || !strings.HasPrefix(err.Error(), c.want) {
				t.Errorf("%s\n got %v\nwant %s", c.text, err, c.want)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", c.text, err)
			continue
		}
		if rules, err := config.rules(); err != nil || len(rules.ViewNames()) != 2 {
			t.Errorf("%s: %v", c.text, err)
		}
	}
}

func TestRealtimeIsOnUnlessForbidden(t *testing.T) {
	for text, want := range map[string]bool{"": true, ", realtime: true": true, ", realtime: false": false} {
		c, err := parseConfig("oriel.yaml", []byte("views:\n  shop: {property: '1'"+text+"}\n"))
		if err != nil {
			t.Fatal(err)
		}
		v, err := c.Views["shop"].view("shop")
		if err != nil || v.Realtime != want {
			t.Errorf("%q: realtime %v, %v", text, v.Realtime, err)
		}
	}
}

// FuzzParseConfig: whatever the file holds, reading it ends with a configuration
// that can be wired, or with errors that all name the file.
func FuzzParseConfig(f *testing.F) {
	f.Add(oneView)
	f.Add("listen: x\nviews: {a: {property: x}}\n")
	f.Add("views: {a: &x {property: '1'}, b: *x}\ndashboards: {o: {views: [a], panels: [{type: line, metrics: [x], dimensions: [date]}]}}")
	f.Add("views: [a]\ndashboards: {o: }\n")
	f.Add("hosts: {a: {api_keys: [''], views: ['*']}}\n" + oneView)
	f.Fuzz(func(t *testing.T, text string) {
		c, err := parseConfig("oriel.yaml", []byte(text))
		if err == nil {
			if _, err := c.rules(); err != nil || len(c.accounts()) == 0 {
				t.Errorf("accepted, and cannot be wired: %v", err)
			}
			return
		}
		if !strings.HasPrefix(err.Error(), "oriel.yaml") {
			t.Errorf("does not name the file: %v", err)
		}
	})
}
