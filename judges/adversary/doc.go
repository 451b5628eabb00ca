// Package adversary attacks the built program through its front door. There is
// nothing in it but tests.
//
// What is tried is in tables, one line for each attack: a name, the lesson it
// belongs to, what is sent, what must hold. Adding an attack is adding a line to
// the table of its group; lessons_test.go lists the lessons, and a lesson that no
// attack belongs to fails the suite. So does an endpoint, of the map of the site
// or of the documentation, that a token for another view is not tried on.
//
// Whatever is sent, and whatever else must hold of the answer: nothing in it is a
// secret, a property id, anything of the view that nobody opens but its owner, or
// a word of the mandatory filter; and no request ends in an internal error.
package adversary
