// Package hosts judges docs/hosts.md as the developer of a host's backend does: it
// copies its contents, the configuration, the programs, the requests and the
// claims, and runs it against the built program. There is nothing in it but tests.
package hosts
