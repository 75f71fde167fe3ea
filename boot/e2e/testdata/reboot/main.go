// Reboot says that it is up and starts the machine again, for ever. It refuses to
// do that on anything but Yolk.
package main

import (
	"fmt"
	"os"
	"strings"
	"syscall"
)

func main() {
	if b, err := os.ReadFile("/proc/version"); err != nil || !strings.Contains(string(b), "(yolk)") {
		fmt.Println("not on Yolk: I leave your computer alone")
		os.Exit(1)
	}
	fmt.Println("up")
	fmt.Println(syscall.Reboot(syscall.LINUX_REBOOT_CMD_RESTART))
}
