function e(n){throw new Error("not yet")}function r(n){throw new Error("not yet")}function o(n,t){throw new Error("not yet")}export{o as chartOf,r as dataOf,e as install};
