package flash

import (
	"fmt"
	"strings"
)

const (
	configName  = "config.txt"
	cmdlineName = "cmdline.txt"

	// configMark begins each config.txt from here.
	configMark = "# Written by yolk flash."
)

// configText is for every card. The firmware reads lines of up to 98 bytes.
const configText = configMark + ` See the Raspberry Pi documentation, "config.txt".
# Start the image in 64-bit state, on core 0, at 0x80000.
arm_64bit=1
kernel=kernel8.img
kernel_address=0x80000
# Console on pins 8 (out) and 10 (in) of the connector: 3.3 V, 115200 baud, 8N1.
# This also keeps the core clock, and with it the mini UART's rate, at 250 MHz.
enable_uart=1
# The program has no use for the GPU: 32 MB is the least that start.elf takes.
gpu_mem=32
disable_splash=1
boot_delay=0
# The firmware's own messages on the same pins, to see how far it comes:
#uart_2ndstage=1
`

const configMini = `# The console is the mini UART (serial1). For the PL011: yolk flash -console pl011
`

const configPL011 = `# The console is the PL011 (serial0), which is Bluetooth's without this overlay.
dtoverlay=disable-bt
`

// config returns the text of config.txt.
func (c *Card) config() ([]byte, error) {
	text := configText
	switch c.Console {
	case ConsoleMini:
		text += configMini
	case ConsolePL011:
		text += configPL011
	default:
		return nil, fmt.Errorf("unknown console %q: there are %q", c.Console, Consoles)
	}
	for _, line := range c.Config {
		if line == "" || len(line) > 98 || strings.ContainsAny(line, "\r\n\x00") {
			return nil, fmt.Errorf("%q: %w, which are KEY=VALUE of up to 98 bytes", line, ErrConfig)
		}
		text += line + "\n"
	}
	return []byte(text), nil
}
