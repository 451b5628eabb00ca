package web

import "strings"

// splitCall splits the last segment of Google's custom-method paths, "shop:runReport",
// into the name and the verb. http.ServeMux cannot: a wildcard is a whole segment.
// Names may hold colons themselves (ga:123), verbs may not.
func splitCall(segment string) (name, verb string, ok bool) {
	i := strings.LastIndexByte(segment, ':')
	if i <= 0 || i == len(segment)-1 {
		return "", "", false
	}
	return segment[:i], segment[i+1:], true
}
