// Package clients judges the emulator and Oriel with Google's own clients, which
// know nothing of either: what they ask of Google they ask here, with only the
// endpoint and the credentials changed. There is nothing in it but tests.
package clients
