// Random prints random bytes, three ways.
package main

import (
	"crypto/rand"
	"fmt"
	"os"
)

func main() {
	b := make([]byte, 16)
	rand.Read(b)
	fmt.Printf("crypto %x\n", b)
	f, err := os.Open("/dev/urandom")
	if err == nil {
		_, err = f.Read(b)
	}
	fmt.Printf("device %x %v\n", b, err)
}
