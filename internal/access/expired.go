package access

import (
	"errors"

	"github.com/golang-jwt/jwt/v5"
)

// Expired reports whether err refuses a token for its age alone. Such a token was a
// good one: signatures are checked before ages.
func Expired(err error) bool { return errors.Is(err, jwt.ErrTokenExpired) }
