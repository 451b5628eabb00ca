package ua

import (
	"net/url"
	"strconv"
	"strings"
)

// A transform makes a v3 dimension value from the values of GA4 fields.
type transform struct {
	description string // in the documentation
	render      func(raw []string) string
	// aggregates is set if different GA4 values give the same v3 value; scope is then
	// the widest thing of which each is in one GA4 value only.
	aggregates bool
	scope      scope
	// sorted is set if GA4's values are in the order of v3's.
	sorted bool
	// values, with others, are a transform of one field with few values, so that a
	// filter can be inverted. others is what any value not in values becomes; keep
	// leaves it unchanged.
	values map[string]string
	others string
}

const keep = "\x00keep"

// identity is the transform of names without one.
var identity = transform{render: func(raw []string) string { return raw[0] }, sorted: true}

// transforms are the transforms of dimensions by their key in names.tsv.
var transforms = map[string]transform{
	"userType": fewValues("new → New Visitor, returning → Returning Visitor", keep, false,
		map[string]string{"new": "New Visitor", "returning": "Returning Visitor"}),
	"pad2":         fewValues("two digits", keep, false, twoDigits()),
	"social":       fewValues("Yes for Organic Social and Paid Social, else No", "No", true, map[string]string{"Organic Social": "Yes", "Paid Social": "Yes"}),
	"mobile":       fewValues("Yes for mobile and tablet, else No", "No", true, map[string]string{"mobile": "Yes", "tablet": "Yes"}),
	"tablet":       fewValues("Yes for tablet, else No", "No", true, map[string]string{"tablet": "Yes"}),
	"dataSource":   fewValues("iOS and Android → app", keep, true, map[string]string{"iOS": "app", "Android": "app"}),
	"level1":       level("first segment of the path, with its slashes", 1),
	"level2":       level("second segment, with its slashes", 2),
	"level3":       level("third segment, with its slashes", 3),
	"level4":       level("the rest of the path after three segments", 4),
	"urlPath":      aggregating("path and query of the referrer, else (not set)", perEvent, referralPath),
	"previousPage": aggregating("path and query of the referrer on the same host, else (entrance)", perEvent, previousPage),
	"noScheme":     aggregating("without https://; (direct) if empty", perEvent, withoutScheme),
	"words":        aggregating("number of words", perSession, func(raw []string) string { return strconv.Itoa(len(strings.Fields(raw[0]))) }),
	"join space":   aggregating("joined by a space", perSession, func(raw []string) string { return strings.Join(raw, " ") }),
	"join slash":   aggregating("joined by /", perEvent, joinPath),
}

// transformOf returns the transform of a key of names.tsv.
func transformOf(key string) transform {
	if t, ok := transforms[key]; ok {
		return t
	}
	return identity
}

func aggregating(description string, s scope, render func(raw []string) string) transform {
	return transform{description: description, aggregates: true, scope: s, render: render}
}

func level(description string, n int) transform {
	return aggregating(description, perEvent, func(raw []string) string { return pathLevel(raw[0], n) })
}

func fewValues(description, others string, aggregates bool, values map[string]string) transform {
	t := transform{description: description, values: values, others: others, aggregates: aggregates, scope: perSession}
	t.render = func(raw []string) string { return t.of(raw[0]) }
	return t
}

// of returns what a raw value of a transform with few values becomes.
func (t transform) of(raw string) string {
	if v, ok := t.values[raw]; ok {
		return v
	}
	if t.others == keep {
		return raw
	}
	return t.others
}

// twoDigits maps the numbers that GA4 writes with one digit.
func twoDigits() map[string]string {
	m := map[string]string{}
	for i := range 10 {
		m[strconv.Itoa(i)] = "0" + strconv.Itoa(i)
	}
	return m
}

// pathLevel returns the n-th segment of a path with its leading slash; levels 1
// to 3 keep the slash that follows when the path goes on, level 4 is the rest.
// It is empty where the path does not reach.
func pathLevel(path string, n int) string {
	for level := 1; ; level++ {
		next := strings.IndexByte(path[min(1, len(path)):], '/') + 1
		switch {
		case level == n && (n == 4 || next == 0):
			return path
		case level == n:
			return path[:next+1]
		case next == 0:
			return ""
		}
		path = path[next:]
	}
}

const notSet = "(not set)"

// referralPath returns path and query of a referrer.
func referralPath(raw []string) string {
	u, err := url.Parse(raw[0])
	if err != nil || u.Host == "" {
		return notSet
	}
	if u.RequestURI() == "" {
		return "/"
	}
	return u.RequestURI()
}

// previousPage returns the page before, if it was on the same host. raw is a referrer
// and a host.
func previousPage(raw []string) string {
	u, err := url.Parse(raw[0])
	if err != nil || u.Host == "" || !strings.EqualFold(u.Hostname(), raw[1]) {
		return "(entrance)"
	}
	return referralPath(raw)
}

func withoutScheme(raw []string) string {
	referrer := raw[0]
	if referrer == "" || referrer == notSet {
		return "(direct)"
	}
	if _, rest, ok := strings.Cut(referrer, "://"); ok {
		return rest
	}
	return referrer
}

func joinPath(raw []string) string {
	var parts []string
	for _, v := range raw {
		if v != "" && v != notSet {
			parts = append(parts, v)
		}
	}
	if len(parts) == 0 {
		return notSet
	}
	return strings.Join(parts, "/")
}
