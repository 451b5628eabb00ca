// Package limits judges what the built program takes of a machine: it asks as many
// different questions as a stranger may, and looks at the memory. There is nothing in it
// but tests.
package limits
