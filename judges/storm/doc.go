// Package storm judges the first moment of a server's life: everybody comes at
// once, nothing is cached, and Google is slow. There is nothing in it but tests.
package storm
