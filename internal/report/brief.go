package report

import (
	"regexp"
	"strconv"
	"strings"
)

// Brief shortens what a client wrote, so that it can be repeated to them, logged and
// recorded, and hides the credentials in it.
func Brief(s string) string {
	const most = 100 // bytes
	s = HideCredentials(s)
	if len(s) > most {
		return strings.ToValidUTF8(s[:most], "") + "…"
	}
	return s
}

// HideCredentials leaves of each API key, of ours or Google's, access token of Google's and JWT in s too
// little to be used. Errorf does it to every message, since a credential may stand in
// the place of any name or value that an error repeats.
func HideCredentials(s string) string {
	if !strings.Contains(s, "oriel_") && !strings.Contains(s, "ya29.") && !strings.Contains(s, "eyJ") && !strings.Contains(s, "AIza") {
		return s // as nearly always
	}
	return credentialForm.ReplaceAllString(s, "$1$2$3$4…")
}

// credentialForm is how credentials look. No name of a field is so long that it
// looks like an API key, and none has the dots of the others; eyJ may be within one.
var credentialForm = regexp.MustCompile(`(oriel_[\w-]{6})[\w-]{35,}|(ya29\.[\w.-]{7}|\beyJ[\w-]{9})[\w.-]+|(eyJ[\w-]{9})[\w-]*\.[\w.-]+|(AIza[\w-]{8})[\w-]{20,}`)

func quote(s string) string { return strconv.Quote(Brief(s)) }
