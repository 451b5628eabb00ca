// The script that takes the place of Google's platform.js.
export {};
