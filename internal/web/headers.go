package web

import "net/http"

// A header is one whose value is the same in many answers. All of them share its
// slice, which holds no more than it says: net/http copies it before it adds.
type header struct {
	name   string // canonical
	values []string
}

func fixed(name, value string) header { return header{name, []string{value}} }

func (f header) set(h http.Header) { h[f.name] = f.values }

// setHeaders sets headers to one value each, given in turns with their canonical
// names, for the price of one allocation.
func setHeaders(h http.Header, namesAndValues ...string) {
	values := make([]string, len(namesAndValues)/2)
	for i := range values {
		values[i] = namesAndValues[2*i+1]
		h[namesAndValues[2*i]] = values[i : i+1 : i+1]
	}
}
