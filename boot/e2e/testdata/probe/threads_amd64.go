package main

const sysGetcpu = 309
