// Usb prints what is plugged into the machine's USB, and again each time that has
// changed, until its input ends or it is interrupted; then how the controller is. It is
// what a report of a device that does not work should contain.
//
// It reads the file that Linux has in that place (as root), whose form is another.
package main

import (
	"fmt"
	"io"
	_ "net" // with the network come drivers for its cards, and the host controller's
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"
)

const file = "/sys/kernel/debug/usb/devices"

func main() {
	over := make(chan os.Signal, 1)
	signal.Notify(over, os.Interrupt, syscall.SIGTERM)
	go func() {
		io.Copy(io.Discard, os.Stdin)
		over <- os.Interrupt
	}()
	before := ""
	for {
		b, err := os.ReadFile(file)
		if err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		devices, controller, _ := strings.Cut(string(b), "controller: ")
		if devices != before {
			fmt.Printf("%s--\n", devices)
			before = devices
		}
		select {
		case <-over:
			fmt.Print(controller)
			return
		case <-time.After(20 * time.Millisecond):
		}
	}
}
