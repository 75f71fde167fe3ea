//go:build !yolk_assert

package assert

// On says that assertions are looked at.
const On = false
