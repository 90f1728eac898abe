import CRATELM
import Storage
import TextModels

/// The result of `analyze attention`.
struct AttentionReport: Report {
  /// What the text is printed on.
  struct Page {
    let width: Int
    let isColored: Bool
  }

  let model: String
  let configuration: ModelConfiguration
  let ids: [Int32]
  /// The spellings of the tokens.
  let names: [String]
  let words: TokenWords
  /// The number of words of each head in JSON.
  let top: Int
  let subspaces: [SubspaceShares]?
  let isStandardized: Bool
  let attention: HeadAttention?
  let form: QueryKeyForm?
  let page: Page

  private func values(_ layer: SubspaceShares) -> [[Double]] {
    isStandardized ? layer.standardized : layer.shares
  }

  /// The tokens as a text shows them, with spaces where the text has some.
  private var shownTokens: [String] {
    zip(names, words.hasGapBefore).map { ($1 ? " " : "") + $0.printable }
  }

  private func means(_ layer: SubspaceShares, _ head: Int, _ count: Int) -> [TokenWords.Mean] {
    words.largestMeans(of: values(layer).map { $0[head] }, count)
  }

  // MARK: JSON

  var fields: JSONFields {
    [
      "tokens": zip(ids, names).map { ["token": $1, "id": $0] as JSONFields },
      "layers": subspaces.map { $0.map(fields) },
      "standardized": isStandardized,
      "attention": attention.map { attention in
        [
          "layer": attention.address.layer, "head": attention.address.head,
          "weights": attention.weights, "without_self": attention.withoutSelf,
        ] as JSONFields
      },
      "score": form.map { fields($0) }, "architecture": configuration.architecture.rawValue,
      "objective": configuration.objective.rawValue,
    ]
  }

  private func fields(_ layer: SubspaceShares) -> JSONFields {
    [
      "heads": SubspaceShares.largest(of: values(layer)), "shares": layer.shares,
      "words": (0..<configuration.headCount).map { head in
        means(layer, head, top).map {
          ["word": $0.word, "mean": $0.value, "tokens": $0.tokenCount] as JSONFields
        }
      },
    ]
  }

  private func fields(_ form: QueryKeyForm) -> JSONFields {
    [
      "query": form.query, "key": form.key, "score": form.score,
      "terms": form.terms.map {
        ["query": $0.query, "key": $0.key, "value": $0.value] as JSONFields
      },
      "remainder": form.remainder,
      "remainder_parts": [
        "omitted": form.omitted, "query": form.queryBias, "key": form.keyBias,
        "constant": form.constant,
      ] as JSONFields,
    ]
  }

  // MARK: Text

  private static let shownWords = 5
  private static let shownTerms = 4

  var text: String { attention.map(text) ?? subspaces.map(text) ?? "" }

  private func text(_ subspaces: [SubspaceShares]) -> String {
    subspaces.enumerated().map { layer, shares in
      let heads = SubspaceShares.largest(of: values(shares))
      let colored = TerminalText(
        tokens: zip(shownTokens, heads).map { ($0, $1) }, kinds: configuration.headCount, page: page
      )
      let lists = (0..<configuration.headCount).map { head in
        let list = means(shares, head, Self.shownWords).map {
          "\($0.word.printable) \(value($0.value))"
        }
        return cut("  \(colored.label(head)) \(list.joined(separator: ", "))", head, colored)
      }
      return "layer \(layer)\n" + colored.lines + "\n" + lists.joined()
    }.joined(separator: "\n")
  }

  /// A line no longer than the page; the label's escapes take no place.
  private func cut(_ line: String, _ head: Int, _ text: TerminalText) -> String {
    line.cut(to: page.width + text.label(head).count - text.labelWidth(head)) + "\n"
  }

  private func value(_ value: Double) -> String {
    isStandardized ? Self.signed(value) : Self.percent(value)
  }

  private func text(_ attention: HeadAttention) -> String {
    let others = attention.withoutSelf
    let rows = names.indices.map { query in
      let start = "\(name(query))  self \(Self.percent(attention.selfShares[query]))"
      guard let row = others[query] else { return start }
      let order = row.indices.filter { row[$0] > 0 }.sorted { (row[$1], $0) < (row[$0], $1) }
      let shares = order.prefix(Self.shownTerms).map { "\(name($0)) \(Self.percent(row[$0]))" }
      return start + "  others " + shares.joined(separator: ", ")
    }
    return
      "head \(attention.address): each token's share of itself, and how others divide the rest\n"
      + rows.map { $0.cut(to: page.width) + "\n" }.joined()
      + (form.map(text) ?? "")
  }

  private func text(_ form: QueryKeyForm) -> String {
    let shown = form.terms.prefix(Self.shownTerms)
    let rest = form.terms.dropFirst(Self.shownTerms).reduce(form.remainder) { $0 + $1.value }
    let terms = shown.map { "\($0.query)*\($0.key) \(Self.signed($0.value))" }
    let sum = (terms + ["remainder \(Self.signed(rest))"]).joined(separator: ", ")
    let start = "\n\(name(form.query)) for \(name(form.key)): score "
    return start.cut(to: page.width - 8) + Quantity.fixed(form.score, 3) + "\n"
      + "  = \(sum)".cut(to: page.width) + "\n"
  }

  private func name(_ token: Int) -> String { "\(token) \(names[token].quoted)" }

  private static func percent(_ share: Double) -> String { Quantity.fixed(100 * share, 1) + "%" }

  private static func signed(_ value: Double) -> String {
    (value < 0 ? "" : "+") + Quantity.fixed(value, 3)
  }

  // MARK: Drawing

  /// The attention with and without the diagonal, and the text of every layer in colours.
  var drawing: Drawing {
    let matrices = attention.map { attention in
      [
        Panel.matrix(
          ShareMatrix("Head \(attention.address)", names: names, rows: attention.weights)),
        .matrix(
          ShareMatrix(
            "Head \(attention.address), without the diagonal", names: names,
            rows: attention.withoutSelf)),
      ]
    }
    let kinds = (0..<configuration.headCount).map { "head \($0)" }
    let texts = (subspaces ?? []).enumerated().map { layer, shares in
      Panel.text(
        ColoredText(
          "Layer \(layer): the head of each token's largest share",
          tokens: zip(shownTokens, SubspaceShares.largest(of: values(shares))).map { ($0, $1) },
          kinds: kinds))
    }
    let isCut = attention != nil && names.count > ShareMatrix.limit
    return Drawing(
      "Attention of \(model)",
      note: "\(configuration.architecture.rawValue), \(names.count.counting("token"))"
        + (isCut ? "; matrices show the first \(ShareMatrix.limit)" : "")
        + (isStandardized ? "; shares in deviations from the head's mean" : ""),
      panels: (matrices ?? []) + texts)
  }
}

/// Tokens in lines of a terminal, each with its kind: by colour, or by a number before a run of one.
struct TerminalText {
  let tokens: [(text: String, kind: Int)]
  let kinds: Int
  let page: AttentionReport.Page

  private static let margin = "  "

  /// The name of a kind, in its colour if there are colours.
  func label(_ kind: Int) -> String { page.isColored ? painted(" \(kind) ", kind) : "[\(kind)]" }

  /// The columns that the label takes.
  func labelWidth(_ kind: Int) -> Int { "\(kind)".count + 2 }

  private func painted(_ text: String, _ kind: Int) -> String {
    "\u{1B}[30;48;5;\(HeadColor(kind, of: kinds).terminalNumber)m\(text)\u{1B}[0m"
  }

  /// Colours alone say too little if there are more kinds than a terminal has colours.
  private var hasLabels: Bool { !page.isColored || kinds > HeadColor.limit }

  /// The lines, none longer than the page unless it is too narrow for a label and a letter.
  var lines: String {
    var (output, width, last) = (Self.margin, Self.margin.count, Int?.none)
    for token in tokens {
      var rest = Substring(token.text)
      while !rest.isEmpty {
        let label = hasLabels && last != token.kind ? labelWidth(token.kind) : 0
        var room = page.width - width - label
        if room < rest.count, width > Self.margin.count {
          output += "\n" + Self.margin
          (width, last) = (Self.margin.count, nil)
          continue
        }
        room = max(1, room)
        let part = rest.prefix(room)
        if label > 0 { output += self.label(token.kind) }
        output += page.isColored ? painted(String(part), token.kind) : String(part)
        width += label + part.count
        last = token.kind
        rest = rest.dropFirst(part.count)
      }
    }
    return output
  }
}
