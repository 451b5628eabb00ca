package web

import "net/http"

// A header is one whose value is the same in many answers. All of them share its
// slice, which holds no more than it says: net/http copies it before it adds.
type header struct {
	name   string // canonical
	values []string
}

func fixed(name, value string) header { return header{name, []string{value}} }

// fixedHeaders are those that the handlers of data set.
type fixedHeaders struct {
	json, csv header // Content-Type
	private   header // of what nobody may store
	encoded   header // of what is compressed
}

func newFixedHeaders() fixedHeaders {
	return fixedHeaders{
		json: fixed("Content-Type", jsonType), csv: fixed("Content-Type", csvType),
		private: fixed("Cache-Control", "private, no-store"), encoded: fixed("Content-Encoding", "gzip"),
	}
}

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

// value is h.Get for a name that is canonical already.
func value(h http.Header, canonical string) string {
	if values := h[canonical]; len(values) > 0 {
		return values[0]
	}
	return ""
}
