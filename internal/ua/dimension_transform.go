package ua

import (
	"net/url"
	"strconv"
	"strings"
)

// A transform makes a v3 dimension value from the values of GA4 fields.
type transform struct {
	render func(raw []string) string
	// aggregates is set when different GA4 values give the same v3 value; scope is
	// then the widest thing of which each is in one GA4 value only.
	aggregates bool
	scope      scope
	// sorted is set when the order of GA4's values is that of v3's.
	sorted bool
	// values, with others, is the whole transform of one field that has few
	// values: filters are turned round by it. others is what any value not
	// in the list becomes; keep means it stays itself.
	values map[string]string
	others string
}

const keep = "\x00keep"

func direct(raw []string) string { return raw[0] }

// transforms by the key that names.tsv gives.
func transformOf(key string) transform {
	switch key {
	case "userType":
		return fewValues(keep, false, map[string]string{"new": "New Visitor", "returning": "Returning Visitor"})
	case "pad2":
		return fewValues(keep, false, twoDigits())
	case "social":
		return fewValues("No", true, map[string]string{"Organic Social": "Yes", "Paid Social": "Yes"})
	case "mobile":
		return fewValues("No", true, map[string]string{"mobile": "Yes", "tablet": "Yes"})
	case "tablet":
		return fewValues("No", true, map[string]string{"tablet": "Yes"})
	case "dataSource":
		return fewValues(keep, true, map[string]string{"iOS": "app", "Android": "app"})
	case "level1", "level2", "level3", "level4":
		level := int(key[len(key)-1] - '0')
		return transform{aggregates: true, scope: perEvent, render: func(raw []string) string { return pathLevel(raw[0], level) }}
	case "urlPath":
		return transform{aggregates: true, scope: perEvent, render: func(raw []string) string { return referralPath(raw[0]) }}
	case "previousPage":
		return transform{aggregates: true, scope: perEvent, render: func(raw []string) string { return previousPage(raw[0], raw[1]) }}
	case "noScheme":
		return transform{aggregates: true, scope: perEvent, render: func(raw []string) string { return withoutScheme(raw[0]) }}
	case "words":
		return transform{aggregates: true, scope: perSession, render: func(raw []string) string { return strconv.Itoa(len(strings.Fields(raw[0]))) }}
	case "join space":
		return transform{aggregates: true, scope: perSession, render: func(raw []string) string { return strings.Join(raw, " ") }}
	case "join slash":
		return transform{aggregates: true, scope: perEvent, render: joinPath}
	}
	return transform{render: direct, sorted: true}
}

func fewValues(others string, aggregates bool, values map[string]string) transform {
	t := transform{values: values, others: others, aggregates: aggregates, scope: perSession}
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
func referralPath(referrer string) string {
	u, err := url.Parse(referrer)
	if err != nil || u.Host == "" {
		return notSet
	}
	if u.RequestURI() == "" {
		return "/"
	}
	return u.RequestURI()
}

// previousPage returns the page before, if it was on the same host.
func previousPage(referrer, host string) string {
	u, err := url.Parse(referrer)
	if err != nil || u.Host == "" || !strings.EqualFold(u.Hostname(), host) {
		return "(entrance)"
	}
	return referralPath(referrer)
}

func withoutScheme(referrer string) string {
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
