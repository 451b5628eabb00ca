// Package canary sends a server thousands of odd requests while Google fails in
// every way, and searches all that comes out of it, answers, log and errors, for
// secrets that must not. Other judges use Secrets, the search.
package canary
